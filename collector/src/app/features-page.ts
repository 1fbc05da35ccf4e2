/** docs/features.md, from the table of features and the notes about their edges. */
import { featureNotes, type FeatureNote } from '../contract/feature-notes.ts';
import { featureFields, type FeatureGroup } from '../contract/features.ts';

const head = `# Features

Generated from \`collector/src/contract\`; do not edit. Rules read these as \`feature.<group>.<field>\` of an annotated event. An
absent group or field means *unknown*: never zero and never "good". \`known\` says that there was enough data to judge, \`n\` how
many samples are behind the number, \`as_of\` the time of the newest input. Numbers behind the formulas stand in one place,
\`collector/src/5-feature/constants.ts\`; what a bound evicts is counted (\`zonewarden_detection_left_out_total\`).

Baselines learn only from what did not lead to a confirmed case. A verdict *true positive* reaches the domains, accounts and
people of the case, and their organisation; whatever they met from three days before the case was opened until it was closed (30
days at most while it stays open) is left out when a baseline is read. Nothing is deleted: a verdict counts the same however late
it comes, and taking it back brings everything back.
`;

function noteLines({ what, cold, gap, kept }: FeatureNote): string {
  return [what, '', `- **Little history:** ${cold}`, `- **Gaps:** ${gap}`, `- **Kept:** ${kept}`, ''].join(
    '\n',
  );
}

function section(group: FeatureGroup): string {
  const notes: Partial<Record<FeatureGroup, FeatureNote>> = featureNotes;
  const note = notes[group];
  const rows = Object.entries(featureFields[group] as Record<string, readonly [string, string]>).map(
    ([field, [type, about]]) => `| \`${field}\` | ${type} | ${about.replaceAll('|', '\\|')} |`,
  );
  return [
    `## ${group}`,
    '',
    ...(note === undefined ? [] : [noteLines(note)]),
    '| field | type | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

/** The page. */
export function featuresPage(): string {
  const groups = Object.keys(featureFields) as FeatureGroup[];
  const measured = groups.filter((group) => Object.hasOwn(featureNotes, group));
  const stated = groups.filter((group) => !Object.hasOwn(featureNotes, group));
  return [head, ...measured.map(section), ...stated.map(section)].join('\n');
}
