import { DeployError } from "../errors.js";
import type { Applied } from "./applied.js";
import { freeText, textLines } from "./events.js";
import type { Owner } from "./owner.js";
import journals from "./programs/journals.sh";
import { runAsOwner } from "./remote.js";
import type { Session } from "./session.js";

/** Reads what the services that a failure is about had said until then. */
export async function readJournals(
  session: Session,
  owner: Owner,
  services: readonly string[],
  applied: Applied,
): Promise<void> {
  await runAsOwner(
    session,
    owner,
    {
      text: journals,
      parameters: {
        QD_SINCE: applied.since,
        QD_UNTIL: applied.suspects.at && `@${applied.suspects.at}`,
        QD_SUSPECTS: services.join(" "),
        QD_MANAGER: owner.scope === "rootful" ? "system" : "user",
      },
      prepare: false,
      timeout: 60_000,
    },
    (event) => {
      const [service = ""] = event.fields;
      if (event.name === "journal") applied.journals.set(service, textLines(freeText(event, 1)));
    },
  );
}

/** Adds what the host knows about a failure: the answer, and the journals. */
export function withEvidence(error: DeployError, applied: Applied): DeployError {
  const { answer } = applied;
  const response =
    error.parts.phase === "health" && answer && answer.status !== 0
      ? [
          `answer: HTTP ${answer.status}${answer.location ? `, to ${answer.location}` : ""}`,
          ...textLines(answer.body).map((line) => `  ${line}`),
        ]
      : [];
  const said = [...applied.journals].flatMap(([service, lines]) => [
    `journal of ${service}:`,
    ...(lines.length > 0 ? lines : ["(nothing since the deploy began)"]).map((line) => `  ${line}`),
  ]);
  const answered = response.length > 0 ? ` (it answers HTTP ${answer?.status})` : "";
  return new DeployError({
    ...error.parts,
    cause: `${error.parts.cause}${answered}`,
    details: [...(error.parts.details ?? []), ...response, ...said],
  });
}
