/** How the log says no. Promised by `Intake.accept` of contract/component.ts, therefore an error and not a value. */
import type { ErrorCode } from '../contract/error-codes.ts';
import type { Failure } from '../contract/outcome.ts';

/** Rejection of a log call. `path` is the file (and byte offset) it is about, '' when none. */
export class LogError extends Error {
  readonly code: ErrorCode;
  readonly path: string;

  constructor(code: ErrorCode, message: string, path = '', cause?: unknown) {
    super(message, { cause });
    this.name = 'LogError';
    this.code = code;
    this.path = path;
  }
}

/** The failure value for an error: its own code for a `LogError`, `disk_fault` for anything the disk threw. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LogError) return { code: error.code, path: error.path, message: error.message };
  return { code: 'disk_fault', path: '', message: error instanceof Error ? error.message : String(error) };
}
