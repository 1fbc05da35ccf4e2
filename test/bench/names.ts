/** Lookalikes: names a second against 100 and 10,000 monitored ones beside one tldts.parse, and what a planted set shows. */
import { parse } from 'tldts';
import {
  lookalikeIndex,
  lookalikeScore,
  type LookalikeIndex,
} from '../../collector/src/5-feature/lookalike.ts';
import { cpuMs, interleaved, median, rounded, type Figure } from './figure.ts';
import { plantedLookalikes, strangersNames } from './planted-names.ts';

const namesOfRound = 100_000;
const findingScore = 70;
const perSecondGoal = 100_000;

function matchAll(index: LookalikeIndex, names: readonly string[]): number {
  const started = cpuMs();
  for (const name of names) index.match(name);
  return cpuMs() - started;
}

function parseAll(names: readonly string[]): number {
  const started = cpuMs();
  let found = 0;
  for (const name of names) if (parse(name).domain !== null) found++;
  if (found === 0) throw new Error('nothing was parsed');
  return cpuMs() - started;
}

function value(
  name: string,
  unit: string,
  measured: number,
  goal: number,
  held: boolean,
  note: string,
): Figure {
  return {
    name,
    value: rounded(measured),
    unit,
    floor: null,
    ratio: null,
    goal,
    goalOf: 'value',
    held,
    note,
  };
}

/** Names that a new registration is judged by: a certificate is not yet known. */
function isFound(index: LookalikeIndex, name: string): boolean {
  const match = index.match(name);
  return match !== undefined && lookalikeScore(match, { ageDays: 0 }) >= findingScore;
}

/** Speed, growth, recall by kind, precision. */
export async function* nameFigures(rounds: number): AsyncGenerator<Figure> {
  const monitored = strangersNames(10_000, 'monitored', 12);
  const many = lookalikeIndex(monitored);
  const few = lookalikeIndex(monitored.slice(0, 100));
  const strangers = strangersNames(namesOfRound, 'strangers', 18);
  const planted = plantedLookalikes(monitored);
  const stream = strangers.map((name, n) => (n % 100 === 0 ? planted[n % planted.length]!.name : name));
  const times: Record<'floor' | 'few' | 'many', number[]> = { floor: [], few: [], many: [] };
  for (let round = 0; round < rounds + 2; round++) {
    const found = { floor: parseAll(stream), few: matchAll(few, stream), many: matchAll(many, stream) };
    if (round < 2) continue;
    for (const key of ['floor', 'few', 'many'] as const) times[key].push((1000 * found[key]) / stream.length);
  }
  const note = '18 characters a name, 1 of 100 planted';
  yield await Promise.resolve(
    interleaved('names.10000', 'cpu us/name', times.many, times.floor, 0.5, `${note}; floor: tldts.parse`),
  );
  const perSecond = 1e6 / median(times.many);
  yield {
    ...value(
      'names.10000.rate',
      'names/s on one core',
      perSecond,
      perSecondGoal,
      perSecond >= perSecondGoal,
      note,
    ),
    goalOf: 'ratio',
  };
  const growth = median(times.many.map((each, n) => each / times.few[n]!));
  yield value('names.growth', 'time with 10,000 monitored over 100', growth, 1.5, growth <= 1.5, note);
  const kinds = [...new Set(planted.map(({ kind }) => kind))];
  for (const kind of kinds) {
    const these = planted.filter((each) => each.kind === kind);
    const recall = these.filter(({ name }) => isFound(many, name)).length / these.length;
    yield {
      ...value(`names.recall.${kind}`, 'share found', recall, 1, recall === 1, `${these.length} planted`),
      goalOf: 'ratio',
    };
  }
  const foundPlanted = planted.filter(({ name }) => isFound(many, name)).length;
  const foundStrangers = strangers.filter((name) => isFound(many, name)).length;
  yield {
    name: 'names.precision',
    value: rounded(foundPlanted / (foundPlanted + foundStrangers)),
    unit: 'share of findings that were planted',
    floor: null,
    ratio: null,
    note: `${planted.length} planted among ${strangers.length} made-up names; ${foundStrangers} of those were found`,
  };
}
