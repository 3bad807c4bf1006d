/** A login on a host, all that the rest of the program knows of SSH; disposing of it ends the connection. */
export interface Session extends AsyncDisposable {
  /** The host as the user named it. */
  readonly host: string;

  /**
   * Runs a POSIX shell program, sent over standard input, and hands on each line of its output
   * as it comes. Resolves when the program ends, whatever its exit status.
   *
   * @param command what reads the program: `/bin/sh -s`, perhaps behind `sudo -n`
   * @throws {DeployError} when the connection is lost or the program outlives `timeout` (ms)
   */
  run(command: string, program: string, options: RunOptions): Promise<Exit>;

  /**
   * Puts bytes into a new file that only this login can read, and returns its path.
   *
   * @throws {DeployError} phase `upload`
   */
  upload(content: Buffer): Promise<string>;
}

export interface RunOptions {
  /** ms */
  readonly timeout: number;
  readonly onLine?: (line: string) => void;
  /** Ends the wait, and with it the program's output; rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Exit {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
