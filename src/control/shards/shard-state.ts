/**
 *   starting ─► idle ─► adopting ─► adopted ─► binding ─► serving
 *       │         │         │          │          │          │
 *       └─────────┴─────────┴────┬─────┴──────────┴──────────┘
 *                                ├─► draining   was told to stop and finishes what runs
 *                                ├─► settling   an exception reached its edge; it finishes what runs
 *                                └─► ending     was given up: the thread is being ended from outside
 *                                         └─► gone
 */
export type ShardState =
  | 'starting' // the thread loads its code
  | 'idle' // loaded; there is no publication yet
  | 'adopting' // the first publication was sent
  | 'adopted' // has the tables, does not listen yet
  | 'binding' // was told to listen
  | 'serving'
  | 'draining'
  | 'settling'
  | 'ending'
  | 'gone'; // the thread is no more

const leaving: readonly ShardState[] = ['draining', 'settling', 'ending', 'gone'];

const moves: Record<ShardState, readonly ShardState[]> = {
  starting: ['idle', ...leaving],
  idle: ['adopting', ...leaving],
  adopting: ['adopted', ...leaving],
  adopted: ['binding', ...leaving],
  binding: ['serving', ...leaving],
  serving: leaving,
  draining: ['settling', 'ending', 'gone'],
  settling: ['ending', 'gone'],
  ending: ['gone'],
  gone: [], // whatever arrives late
};

/** It takes no more connections, or soon none, and never will again. */
export const isLeaving = (state: ShardState): boolean => leaving.includes(state);

/** The state after the move, or the old one where that move does not exist. */
export const moveShard = (from: ShardState, to: ShardState): ShardState => (moves[from].includes(to) ? to : from);
