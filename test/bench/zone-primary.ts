/** A Knot with one zone of as many records as the argument says; prints its port and ends with standard input. */
import { startKnot, zoneText } from '../e2e/dns-servers.ts';
import { freePort } from '../e2e/free-port.ts';

const records = Number(process.argv[2] ?? 1_000_000);
const lines = ['@ NS ns1', 'ns1 A 192.0.2.1'];
for (let n = lines.length + 1; n < records; n++)
  lines.push(`host-${n} A 10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`);
const port = await freePort();
const knot = await startKnot(port, { 'big.example': zoneText('big.example', 1, lines) }, undefined);
process.stdout.write(`${port}\n`);
process.stdin.resume();
process.stdin.once('end', () => void knot.stop());
