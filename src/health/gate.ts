import { setTimeout as sleep } from "node:timers/promises";
import type { HealthSettings } from "../settings/settings.js";

/** One answer to a health request. */
export interface Answer {
  /** 0 where no HTTP answer came. */
  readonly status: number;
  /** First bytes of the body, as text. */
  readonly body: string;
  /** Where a redirect leads; it is not followed. */
  readonly location: string;
  /** Why there was no answer. */
  readonly trouble: string;
}

export interface GateResult {
  readonly healthy: boolean;
  readonly last: Answer;
}

/** How long one request may take, and has at least, in ms, and how much of its body is read, in bytes. */
const limits = { request: 10_000, least: 50, body: 4096 };

/**
 * Asks until enough healthy answers came in a row or the time is over.
 *
 * @param onAnswer called when the answer differs from the one before
 */
export async function passGate(
  url: string,
  settings: HealthSettings,
  onAnswer: (answer: Answer) => void,
): Promise<GateResult> {
  const deadline = performance.now() + settings.timeout;
  let successes = 0;
  let previous: Answer | undefined;
  for (;;) {
    const left = () => Math.max(0, Math.ceil(deadline - performance.now()));
    const last = await ask(url, Math.min(limits.request, Math.max(left(), limits.least)));
    if (last.status !== previous?.status || last.trouble !== previous.trouble) onAnswer(last);
    previous = last;
    successes = isHealthy(last, settings) ? successes + 1 : 0;
    if (successes >= settings.successes) return { healthy: true, last };
    if (left() === 0) return { healthy: false, last };
    await sleep(Math.min(settings.interval, left()));
  }
}

function isHealthy(answer: Answer, settings: HealthSettings): boolean {
  return settings.status.some(({ from, to }) => answer.status >= from && answer.status <= to);
}

async function ask(url: string, time: number): Promise<Answer> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(time),
      headers: { "user-agent": "quadlet-deploy" },
    });
    return {
      status: response.status,
      body: await firstBytes(response),
      location: response.headers.get("location") ?? "",
      trouble: "",
    };
  } catch (error) {
    return { status: 0, body: "", location: "", trouble: reason(error, time) };
  }
}

/** A body may never end, or stall; its beginning is wanted, and the status counts in any case. */
async function firstBytes(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    while (length < limits.body) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
    }
  } catch {
    // What came until the time was up is what there is.
  }
  await reader.cancel().catch(() => {});
  return Buffer.concat(chunks).subarray(0, limits.body).toString("utf8");
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function reason(error: unknown, time: number): string {
  const { message, cause, name } = error as Error & { cause?: { message?: string; code?: string } };
  if (name === "TimeoutError") return `no answer within ${(time / 1000).toFixed(1)} s`;
  return cause?.message || cause?.code || message;
}
