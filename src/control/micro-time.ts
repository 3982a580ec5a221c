/** As the API server writes a MicroTime: `2026-01-01T00:00:00.000000Z`. `micros` (0 to 999) is what lies below the millisecond. */
export const microTime = (wallMs: number, micros = 0): string =>
  `${new Date(wallMs).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
