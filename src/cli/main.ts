import { exitCode } from './exit-codes.ts';
import { runCommandLine } from './run.ts';

/** The program. What nobody foresaw ends it with a code that tells the launcher to start it again. */
function fail(error: unknown): never {
  console.error('komainu: internal error:', error);
  process.exit(exitCode.internal);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// The reader of a pipe may leave early (`komainu routes | head`): nobody is left to tell.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCode.done);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  err: (text) => process.stderr.write(`${text}\n`),
  environment: process.env,
  directory: process.cwd(),
});
