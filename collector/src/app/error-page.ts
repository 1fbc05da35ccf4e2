/** docs/errors.md, from the table of error codes. */
import { errorCodes } from '../contract/error-codes.ts';

/** The page as Markdown. Pure. */
export function errorPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, [cause, remedy]]) => `| \`${code}\` | ${cause} | ${remedy} |`,
  );
  return [
    '# Error codes',
    '',
    'Generated from `collector/src/contract/error-codes.ts` by `npm run generate`. Codes are stable: they appear in',
    'quarantine entries, in the metric label `code`, in problem answers of the API and in the output of commands.',
    '',
    '| code | cause | what to do |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
