import pRetry, { AbortError } from "p-retry";
import { ConnectionLost, type DeployError } from "../errors.js";
import type { Access, Login } from "../settings/settings.js";
import type { Session } from "./session.js";
import { connect, mayRecover } from "./ssh.js";

/** How often and for how long (ms) a connection is tried. */
const first = { retries: 3, minTimeout: 500, factor: 2 };
const again = {
  retries: 60,
  minTimeout: 500,
  maxTimeout: 5_000,
  factor: 1.5,
  maxRetryTime: 180_000,
};

/** The way to one host: a connection that is made again when it was lost. */
export class Line implements AsyncDisposable {
  private current: Session | undefined;
  private everConnected = false;
  /** Why it was given up: whoever asks after that, for a journal say, does not wait once more. */
  private gaveUp: unknown;

  constructor(
    private readonly login: Login,
    private readonly access: Access,
  ) {}

  /**
   * The connection, made where there is none. A host that is too busy to let one in is asked
   * again; one that was there and is gone may be starting again, and gets three minutes.
   *
   * @throws {DeployError} phase `connect`
   */
  async session(): Promise<Session> {
    this.current ??= await this.reconnect();
    this.everConnected = true;
    return this.current;
  }

  /** Forgets a connection that was lost. */
  async lose(): Promise<void> {
    await this.current?.[Symbol.asyncDispose]();
    this.current = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lose();
  }

  private async reconnect(): Promise<Session> {
    if (this.gaveUp) throw this.gaveUp;
    try {
      return await pRetry(() => this.connect(), this.everConnected ? again : first);
    } catch (error) {
      this.gaveUp = error;
      throw error;
    }
  }

  private async connect(): Promise<Session> {
    try {
      return await connect(this.login, this.access);
    } catch (error) {
      if (mayRecover(error, this.everConnected)) throw error;
      throw error instanceof Error ? new AbortError(error) : error;
    }
  }
}

/** Whether what failed may be tried again with a new connection. */
export function isLost(error: unknown): error is DeployError {
  return error instanceof ConnectionLost;
}
