/** What a mail may have before it is parsed: the library looks through all its open parts and all it has read for each line that could end one. */

const lineFeed = 0x0a;
const dash = 0x2d;

/** Mails of a mailbox file, each some kilobytes as a rule. */
const mailsMax = 10_000;
/** Lines that could part a mail (RFC 2046 section 5.1.1): a report has three or four. */
const boundariesMax = 200;
/** Nine megabytes of Base64, far above any report; the library takes some microseconds for each line. */
const linesMax = 120_000;

/** Why a mail is not parsed, as a sentence about it; undefined: it may be. */
export function mailRefusal(bytes: Uint8Array): string | undefined {
  let lines = 0;
  let boundaries = 0;
  for (let at = 0; at >= 0 && at < bytes.length; lines++) {
    if (bytes[at] === dash && bytes[at + 1] === dash) boundaries++;
    const end = bytes.indexOf(lineFeed, at);
    at = end < 0 ? -1 : end + 1;
  }
  if (boundaries > boundariesMax)
    return `the mail has ${boundaries} lines that could part it; at most ${boundariesMax} are read`;
  if (lines > linesMax) return `the mail has ${lines} lines; at most ${linesMax} are read`;
  return undefined;
}

/** The same of a mailbox file with so many mails. */
export function mailboxRefusal(mails: number): string | undefined {
  return mails > mailsMax
    ? `the mailbox has ${mails} mails; at most ${mailsMax} are read from one file`
    : undefined;
}
