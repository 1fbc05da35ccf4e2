/** The alias that a real resolver followed to the servers of another zone, and one that stays in the zone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswers } from '../../collector/src/1-source/answer-probe/answer-reading.ts';
import { hasProgram, startKnot, startUnbound, zoneText } from './dns-servers.ts';
import { freePort } from './free-port.ts';

const [ownAddress, networkAddress, resolverAddress] = ['127.0.0.41', '127.0.0.42', '127.0.0.43'];

const ownZone = zoneText('pay.example', 7, [
  '@ NS ns1',
  `ns1 A ${ownAddress}`,
  'www CNAME edge.cdn.example.',
  'lb A 192.0.2.20',
  'login CNAME lb',
]);

const networkZone = zoneText('cdn.example', 3, [
  '@ NS ns1',
  `ns1 A ${networkAddress}`,
  'edge CNAME pop7',
  'pop7 A 198.51.100.7',
]);

test('a resolver that followed an alias out of the zone says which; the server of the zone cannot tell', async (t) => {
  for (const program of ['knotd', 'unbound'])
    if (!hasProgram(program)) return t.skip(`${program} is not installed`);
  const port = await freePort();
  const own = await startKnot(port, { 'pay.example': ownZone }, undefined, '', '', ownAddress);
  t.after(() => own.stop());
  const network = await startKnot(port, { 'cdn.example': networkZone }, undefined, '', '', networkAddress);
  t.after(() => network.stop());
  const resolver = await startUnbound(
    port,
    { 'pay.example': `${ownAddress}@${port}`, 'cdn.example': `${networkAddress}@${port}` },
    '',
    'pay.example',
    resolverAddress,
  );
  t.after(() => resolver.stop());
  const views = await readAnswers(
    { zone: 'pay.example', criticalHosts: ['www', 'login'], dkimSelectors: [] },
    {
      authoritative: [ownAddress],
      authoritativePort: port,
      resolvers: [{ address: resolverAddress, port }],
      timeoutMs: 3000,
    },
  );
  const told = (host: string) =>
    views
      .filter(({ question }) => question.name === `${host}.pay.example` && question.type === 'A')
      .map(({ kind, reading }) => [kind, reading.value.join(), reading.alias]);
  assert.deepEqual(told('www'), [
    ['authoritative', '', undefined],
    ['resolver', '198.51.100.7', 'edge.cdn.example'],
  ]);
  assert.deepEqual(told('login'), [
    ['authoritative', '192.0.2.20', undefined],
    ['resolver', '192.0.2.20', undefined],
  ]);
});
