// Opens connections to one port as fast as it can, in a process of its own: arguments PORT LANES. Each lane opens one,
// waits for its end and opens the next. Says 'flooding', and answers each message with what became of them so far.
import { connect } from 'node:net';

const [port, lanes] = process.argv.slice(2).map(Number);
/** `closed`: taken by the kernel and ended by the program; `refused`: by the kernel. */
const seen = { closed: 0, refused: 0 };

function open() {
  let connected = false;
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('connect', () => {
    connected = true;
  });
  socket.on('error', () => {});
  socket.resume();
  socket.on('close', () => {
    seen[connected ? 'closed' : 'refused']++;
    setImmediate(open);
  });
}

for (let lane = 0; lane < lanes; lane++) open();
process.on('message', () => process.send(seen));
process.on('disconnect', () => process.exit());
process.send('flooding');
