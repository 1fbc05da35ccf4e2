/**
 * Waits until every address in READY answers 200, then says so at its own port. For images without a shell, which
 * cannot check themselves.
 */
import { createServer } from 'node:http';

const addresses = (process.env['READY'] ?? '').split(/\s+/).filter((address) => address !== '');
const port = Number(process.env['READY_PORT'] ?? 8481);

async function answers(address: string): Promise<boolean> {
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

const server = createServer((_, response) => {
  void Promise.all(addresses.map(answers)).then((all) => {
    const missing = addresses.filter((_address, index) => all[index] !== true);
    response.writeHead(missing.length === 0 ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ missing }));
  });
});

server.listen(port, '0.0.0.0');
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
