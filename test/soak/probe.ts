/**
 * Loaded into the collector under soak (`node --import`): writes one JSON line of facts to the file named by
 * ZONEWARDEN_SOAK_FACTS at every SIGUSR2. With ZONEWARDEN_SOAK_LEAK it does harm on purpose, to show that a soak can fail.
 */
import { appendFileSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
delay.enable();
const facts = process.env['ZONEWARDEN_SOAK_FACTS'];

process.on('SIGUSR2', () => {
  const loopDelayP99Ms = Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
  const loopDelayMaxMs = Math.max(0, delay.max / 1e6 - resolutionMs);
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const handles = process.getActiveResourcesInfo().length;
  if (facts !== undefined)
    appendFileSync(
      facts,
      `${JSON.stringify({ heapBytes: heapUsed + external, residentBytes: rss, handles, loopDelayP99Ms, loopDelayMaxMs })}\n`,
    );
  // The collection above is ours, not the collector's.
  setImmediate(() => delay.reset());
});

const kept: unknown[] = [];
const leaks: Readonly<Record<string, () => void>> = {
  memory: () => kept.push(Array.from({ length: 8_000 }, (_, i) => ({ i }))),
  descriptors: () => kept.push(openSync('/dev/null', 'r')),
  handles: () => kept.push(createServer().listen(0, '127.0.0.1')),
  loop: () => {
    const endMs = performance.now() + 180;
    while (performance.now() < endMs);
  },
};
const leak = leaks[process.env['ZONEWARDEN_SOAK_LEAK'] ?? ''];
if (leak !== undefined) setInterval(leak, 1_000);
