// A real WebSocket server (`ws`) in a process of its own. What it does with a connection is said by the path:
//   /echo        every message comes back as it came
//   /pieces      … in frames of at most 7 bytes, a ping between them
//   /greet       says a text, a ping and 70,000 bytes at once, then echoes
//   /bye?CODE    closes with this code behind the first message
//   /cut         resets the connection behind the first message
//   /end         ends TCP without a close frame behind the first message
// The path may begin with /deflate: then permessage-deflate is agreed on. The port is sent to the parent.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const PIECE = 7;
const MAX_PAYLOAD = 4 * 1024 * 1024;

const behaviours = {
  echo: (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })),
  pieces: (socket) => socket.on('message', (data, binary) => sendInPieces(socket, data, binary)),
  greet: (socket) => {
    socket.send('hello');
    socket.ping('are you there');
    socket.send(Buffer.alloc(70_000, 7));
    behaviours.echo(socket);
  },
  bye: (socket, code) => socket.on('message', () => socket.close(Number(code), 'said by the origin')),
  cut: (socket, _, raw) => socket.on('message', () => raw.resetAndDestroy()),
  end: (socket, _, raw) => socket.on('message', () => raw.end()),
};

function sendInPieces(socket, data, binary) {
  for (let at = 0; at === 0 || at < data.length; at += PIECE) {
    socket.send(data.subarray(at, at + PIECE), { binary, fin: at + PIECE >= data.length });
    socket.ping(String(at));
  }
}

// One that agrees on compression and one that does not; Autobahn's groups 1 to 10 are about the second.
const plain = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_PAYLOAD });
const deflating = new WebSocketServer({ noServer: true, perMessageDeflate: { threshold: 0 }, maxPayload: MAX_PAYLOAD });

const server = createServer((_, answer) => answer.end('no upgrade'));
server.on('upgrade', (request, raw, head) => {
  const [, deflate, name, query] = /^(\/deflate)?\/([a-z]+)\??(.*)$/.exec(request.url);
  const sockets = deflate === undefined ? plain : deflating;
  raw.setNoDelay(true);
  sockets.handleUpgrade(request, raw, head, (socket) => {
    socket.on('error', () => {}); // a peer that breaks the protocol: `ws` has answered it already
    behaviours[name](socket, query, raw);
  });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
