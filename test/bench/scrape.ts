/**
 * What a scrape of `/metrics` costs the loop: CPU of its thread for one page, with as many series as the bounds allow. The number of series
 * does not follow the number of domains, so neither may the price.
 */
import { createPrometheusPage } from '../../collector/src/8-sink/prometheus.ts';
import { appendRecords, benchCollector } from './bench-collector.ts';
import { benchRecords } from './bench-records.ts';
import { median, rounded, spreadOf, type Figure } from './figure.ts';

const sizes = [2_000, 20_000];
const commitRecords = 1_000;
const startMs = Date.UTC(2026, 0, 1);
const msMax = 10;
const warmUpScrapes = 20;

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds a page, with every domain of the inventory scored. */
export async function* scrapeFigures(rounds: number): AsyncGenerator<Figure> {
  for (const domains of sizes) {
    const made = await benchCollector(domains, true);
    const records = benchRecords('dnsimple', domains, startMs, domains);
    for (let i = 0; i < records.length; i += commitRecords) {
      await appendRecords(made, records.slice(i, i + commitRecords));
      await made.collector.host.catchUp();
    }
    const page = createPrometheusPage(made.collector.readers);
    const times: number[] = [];
    let text = '';
    for (let i = 0; i < warmUpScrapes + rounds; i++) {
      const started = threadCpuMs();
      text = await page.text();
      if (i >= warmUpScrapes) times.push(threadCpuMs() - started);
    }
    await made.close();
    const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const scored = series.filter((line) => line.startsWith('zonewarden_control_score{')).length;
    if (scored === 0) throw new Error('no domain has a score');
    yield {
      name: `scrape.${domains}`,
      value: rounded(median(times)),
      unit: 'cpu ms',
      floor: null,
      ratio: null,
      goal: msMax,
      goalOf: 'value',
      held: median(times) <= msMax,
      spread: spreadOf(times),
      note: `${domains} domains, ${series.length} series, ${text.length} bytes`,
    };
  }
}
