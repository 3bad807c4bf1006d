import { DeployError } from "../errors.js";
import type { Applied, Outcome } from "../host/applied.js";
import type { Facts } from "../plan/facts.js";
import type { Plan } from "../plan/plan.js";
import { isTemplate } from "../quadlet/kinds.js";
import { seconds } from "./narrator.js";

/**
 * Why a transaction did not end as it should; nothing where it did.
 *
 * @param byHand what an operator can do where the host could not put everything back
 */
export function failureOf(
  applied: Applied,
  host: string,
  byHand: readonly string[],
): readonly DeployError[] {
  const { outcome } = applied;
  if (outcome.kind === "committed") return [];
  const error =
    applied.failure ??
    new DeployError({
      host,
      phase: applied.phase,
      ...(applied.calledOff && !applied.guarded
        ? { cause: "the deploy was cancelled" }
        : outcome.kind === "stale"
          ? {
              cause: "the host changed again and again while the deploy was planned",
              remedy: "Does something else deploy there?",
            }
          : {
              cause: "the program on the host ended before it was done",
              remedy: "Was it killed, or did the host start again? Run the deploy again.",
            }),
    });
  return [
    new DeployError({
      ...error.parts,
      details: [
        ...(error.parts.details ?? []),
        ...(outcome.kind === "stuck" ? [...outcome.said, ...byHand] : []),
      ],
    }),
  ];
}

/** The commands that put a release back by hand; docs/recovery.md explains them. */
export function commandsByHand(app: string, plan: Plan, facts: Facts): readonly string[] {
  const { state, quadlet } = plan.directories;
  const rootless = facts.owner.uid !== 0;
  const systemctl = rootless ? "systemctl --user" : "systemctl";
  const guard = `quadlet-deploy-guard@${app}.service`;
  const names = plan.services
    .map(({ name }) => name)
    .filter((name) => !isTemplate(name))
    .join(" ");
  return [
    `Once the cause is gone, on the host as ${facts.owner.name}:`,
    `  ${systemctl} reset-failed ${guard}; ${systemctl} start ${guard}`,
    ...(plan.previous === ""
      ? []
      : [
          "or, without it:",
          `  cd ${state} && ln -sfn releases/${plan.previous} .next && mv -T .next current && find ${quadlet} -xtype l -lname '*quadlet-deploy/${app}/*' -delete`,
          `  ${systemctl} daemon-reload && ${systemctl} restart ${names}`,
        ]),
  ];
}

/** What state a failed deploy left the host in, in one clause. */
export function stateAfter(outcome: Outcome | undefined, previous: string): string {
  switch (outcome?.kind) {
    case undefined:
    case "unchanged":
    case "busy":
    case "stale":
      return "nothing on it was changed";
    case "left":
      return "it runs the new release, which failed, since `rollback` is off";
    case "reverted": {
      const time = `within ${seconds(outcome.time)}`;
      if (outcome.now === "none")
        return `everything was removed again ${time}, as nothing ran before`;
      if (outcome.now === "healthy") {
        return `it was put back to ${previous} ${time}, which is healthy again`;
      }
      return outcome.was === "unhealthy"
        ? `it was put back to ${previous} ${time}, which is not healthy (nor was it before the deploy)`
        : `it was put back to ${previous} ${time}, which is NOT healthy now`;
    }
    case "stuck":
      return "it could NOT be put back; see docs/recovery.md, and the commands below";
    case "committed":
      return "it runs the new release";
    case "unknown":
      return "how it ended is not known: the host puts it back or finishes by itself, and the next deploy says which";
  }
}
