#!/usr/bin/env node
// A tiny parent: finds the runtime, starts the program on it, forwards signals, starts it again after an accident.
import { spawn } from 'node:child_process';
import {
  EXIT_UNUSABLE,
  FORWARDED_SIGNALS,
  Launcher,
  LEAST_VERSION,
  pinnedRuntime,
  programIn,
  projectRoot,
  runsOn,
  runtimesFor,
} from './launch.mjs';

const words = process.argv.slice(2);
const runtimes = runtimesFor(pinnedRuntime(), process.execPath, process.versions.node);

if (runtimes.length === 0) {
  console.error(
    `komainu: needs Node.js ${LEAST_VERSION.join('.')} or later and runs on ${process.versions.node}; the pinned runtime ` +
      `(package node-${process.platform}-${process.arch}) is not installed: npm ci installs it on Linux for x64 and arm64`,
  );
  process.exit(EXIT_UNUSABLE);
}

const launcher = new Launcher({
  runtimes,
  args: [...programIn(projectRoot()), ...words],
  restarts: runsOn(words),
  // The channel carries no messages: when this process is killed it closes, and the serving process stops in order.
  spawn: (runtime, args) => spawn(runtime, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] }),
  after(ms, run) {
    const handle = setTimeout(run, ms);
    return { cancel: () => clearTimeout(handle) };
  },
  now: () => performance.now(),
  say: (line) => console.error(line),
});

for (const name of FORWARDED_SIGNALS) process.on(name, () => launcher.signal(name));
process.exitCode = await launcher.run();
