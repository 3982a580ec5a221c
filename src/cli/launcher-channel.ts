/**
 * The launcher holds the other end of a channel that carries no messages. When the launcher is killed it cannot
 * forward anything any more, but the channel closes: that counts as its SIGTERM.
 */
export function stopWithLauncher(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // Listening to the channel must not keep a process alive that has finished.
  process.channel?.unref();
}
