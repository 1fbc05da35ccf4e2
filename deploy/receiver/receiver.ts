/**
 * Receiver for the demo: prints every notification as one line and answers as Slack, PagerDuty, Jira and ServiceNow
 * would. It keeps the last hundred at `/`.
 */
import { createServer } from 'node:http';

const port = Number(process.env['RECEIVER_PORT'] ?? 8480);
const bodyBytesMax = 1024 * 1024;
const kept: { at: string; path: string; body: unknown }[] = [];
let issues = 0;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function answerTo(method: string, path: string): { status: number; body: unknown } {
  if (path === '/healthz') return { status: 200, body: { alive: true } };
  if (method === 'GET') return { status: 200, body: kept };
  if (path.includes('/rest/api/') && path.includes('/search'))
    return { status: 200, body: { issues: [], total: 0 } };
  if (path.includes('/rest/api/')) {
    issues++;
    return { status: 201, body: { id: String(issues), key: `SEC-${issues}` } };
  }
  if (path === '/slack') return { status: 200, body: 'ok' };
  if (path === '/pagerduty') return { status: 202, body: { status: 'success' } };
  return { status: 200, body: { status: 'ok' } };
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  });
  request.on('end', () => {
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    const { status, body } = answerTo(method, path);
    if (method !== 'GET') {
      const one = { at: new Date().toISOString(), path, body: parsed(Buffer.concat(chunks).toString()) };
      kept.push(one);
      kept.splice(0, kept.length - 100);
      process.stdout.write(`${JSON.stringify(one)}\n`);
    }
    // Slack answers an incoming webhook with the plain word ok.
    response.writeHead(status, {
      'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
});

server.listen(port, '0.0.0.0');
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
