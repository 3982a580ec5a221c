/** A small generator with a seed, so that a test with random choices can be run again (mulberry32). */
export function seededDice(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export const newSeed = (): number => Number(process.env.KOMAINU_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
