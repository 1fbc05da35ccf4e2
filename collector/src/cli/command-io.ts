/** How commands talk to the outside: streams are passed in, exit codes come back. */

/** Output of a command. */
export interface CommandIo {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** Done and all held; it ran and something fell short; bad usage, configuration or unreadable input. */
export const exitCodes = { held: 0, fellShort: 1, unusable: 2 } as const;
