/**
 * A job that is cancelled gets SIGINT, and SIGTERM 7.5 s later (GitHub's "workflow cancellation").
 * The first puts the deploy back as far as there is time; after the second the host goes on alone.
 */
export function cancelledBySignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    controller.abort(new Error(`cancelled by ${signal}`));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
