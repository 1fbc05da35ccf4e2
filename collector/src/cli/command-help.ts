/** `--help` as text of at most 100 columns, and the same as a page of the documentation. */
import { commandCatalogue, type CommandHelp } from './command-catalogue.ts';

const columnsMax = 100;
const exitStatus =
  'Exit status: 0 done and all held, 1 it ran and something fell short, 2 bad usage or unreadable input.';

/** Words in lines of at most `columnsMax`; every line but the first begins with `indent` spaces. What is in brackets stays whole where it fits. */
function wrapped(text: string, first: string, indent: number): string {
  const lines: string[] = [];
  let line = first;
  for (const word of text.match(/\[(?:[^[\]]|\[[^[\]]*\]){0,60}\]\S*|\S+/g) ?? []) {
    const next = line === first || line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
    if (next.length <= columnsMax || line.trim() === '') {
      line = next;
      continue;
    }
    lines.push(line);
    line = `${' '.repeat(indent)}${word}`;
  }
  return [...lines, line].join('\n');
}

/** The overview: one line per command. */
export function overviewText(): string {
  const width = Math.max(...commandCatalogue.map(({ name }) => name.length)) + 2;
  const lines = commandCatalogue.map(({ name, about }) =>
    wrapped(about, `  ${name.padEnd(width)}`, width + 2),
  );
  return [
    'Domain control, watched like production.',
    '',
    'usage: zonewarden COMMAND [OPTION]...',
    '',
    ...lines,
    '',
    'Options and an example of each: zonewarden COMMAND --help',
    exitStatus,
    '',
  ].join('\n');
}

/** Usage, options, an example and the exit status of one command. */
export function helpText(help: CommandHelp): string {
  const lead = 'usage: ';
  const usages = help.usage.map((usage, index) =>
    wrapped(usage, `${index === 0 ? lead : ' '.repeat(lead.length)}zonewarden `, lead.length + 4),
  );
  const width = Math.max(...help.options.map(([name]) => name.length)) + 2;
  const sentence = `${help.about.charAt(0).toUpperCase()}${help.about.slice(1)}.`;
  return [
    ...usages,
    '',
    wrapped(help.more === undefined ? sentence : `${sentence} ${help.more}`, '', 0),
    '',
    ...help.options.map(([name, meaning]) => wrapped(meaning, `  ${name.padEnd(width)}`, width + 2)),
    '',
    `example: zonewarden ${help.example}`,
    '',
    wrapped(exitsOf(help), 'Exit status: ', 13),
    '',
  ].join('\n');
}

function exitsOf({ held, fellShort }: CommandHelp): string {
  const one = fellShort === undefined ? '' : `1 ${fellShort}; `;
  return `0 ${held}; ${one}2 bad usage or unreadable input.`;
}

/** Cells of a Markdown table may hold no bar. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** docs/commands.md. */
export function commandsPage(): string {
  const parts = commandCatalogue.map((help) => {
    const usages = help.usage.map((usage) => `zonewarden ${usage}`).join('\n');
    const rows = help.options.map(([name, meaning]) => `| \`${cell(name)}\` | ${cell(meaning)} |`);
    const more = help.more === undefined ? '' : ` ${help.more}`;
    const about = `${help.about.charAt(0).toUpperCase()}${help.about.slice(1)}.${more}`;
    return `## ${help.name}\n\n${about}\n\n\`\`\`text\n${usages}\n\`\`\`\n\n| option | meaning |\n| --- | --- |\n${rows.join('\n')}\n\nExample: \`zonewarden ${help.example}\`. Exit status: ${exitsOf(help)}\n`;
  });
  return `# Commands\n\n<!-- Generated from collector/src/cli/command-catalogue.ts by \`npm run generate\`. -->\n\n\`npx zonewarden COMMAND\` from a clone or an installed package; \`--help\` after any of them prints what stands here. ${exitStatus}\n\n${parts.join('\n')}`;
}
