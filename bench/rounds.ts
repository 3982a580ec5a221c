import type { Contest } from './contest.ts';
import type { Load } from './load.ts';
import { errorCount, measureRound, type Round } from './measure.ts';
import type { Options } from './options.ts';
import type { Contestant } from './peer.ts';
import type { Measured } from './summary.ts';

/** Warms every proxy up, then measures them in turns. `tell` gets a line after each turn. */
export async function measureAll(
  contest: Contest,
  load: Load,
  options: Options,
  tell: (line: string) => void,
): Promise<Measured[]> {
  const turn = async (contestant: Contestant, title: string, seconds: number) => {
    const round = await measureRound(contestant, contest.backend, load, seconds);
    tell(`${title}: ${contestant.name} ${roundText(round)}`);
    return round;
  };
  const measured = new Map<Contestant, { warmUp: Round; rounds: Round[] }>();
  for (const one of contest.contestants) {
    measured.set(one, { warmUp: await turn(one, 'warm-up', options.warmUpSeconds), rounds: [] });
  }
  for (let number = 0; number < options.rounds; number += 1) {
    for (const one of rotated(contest.contestants, number)) {
      measured.get(one)?.rounds.push(await turn(one, `round ${number + 1} of ${options.rounds}`, options.seconds));
    }
  }
  return Array.from(measured, ([{ name, version }, rounds]) => ({ name, version, ...rounds }));
}

/** Which proxy comes when in a round: each is once first, second, … so that none always follows the same one. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const first = list.length === 0 ? 0 : round % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}

function roundText(round: Round): string {
  const { cpuUsPerRequest, requestsPerSecond, errors } = round;
  const failed = errorCount(errors) === 0 ? '' : `, errors ${JSON.stringify(errors)}`;
  return `${cpuUsPerRequest.toFixed(1)} µs/request, ${requestsPerSecond.toFixed(0)} requests/s${failed}`;
}
