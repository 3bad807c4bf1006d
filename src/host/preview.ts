import type { Plan } from "../plan/plan.js";
import type { ImagePreview, Preview } from "../plan/preview.js";
import { type Event, freeText, plain, textLines } from "./events.js";
import type { Owner } from "./owner.js";
import program from "./programs/preview.sh";
import { runAsOwner } from "./remote.js";
import type { Session } from "./session.js";
import { type Application, parametersOf, stepPrograms } from "./transaction.js";

/**
 * What the generator says of units that are well. It takes an image in a variable for a short name;
 * the check of short names knows better.
 */
const noise = /^Loading source unit file|which not a fully qualified image name/;

/**
 * Has the host unpack the release in memory and read it with its own generator, and asks what the
 * images' names stand for. Nothing on the host changes, and nothing is pulled.
 *
 * @param archive the uploaded release, where the plan makes a new one
 * @throws {DeployError} phase `validate`, where the host's Podman does not accept the units
 */
export async function previewOn(
  session: Session,
  owner: Owner,
  plan: Plan,
  how: Application,
  archive: string | undefined,
): Promise<Preview> {
  const events: Event[] = [];
  await runAsOwner(
    session,
    owner,
    {
      text: [...stepPrograms, program, "preview"].join("\n"),
      parameters: parametersOf(plan, how),
      prepare: false,
      timeout: 180_000,
      ...(archive === undefined ? {} : { archive }),
    },
    (event) => events.push(event),
  );
  return {
    images: events.filter((event) => event.name === "image").map(imageOf),
    verified: events
      .filter((event) => event.name === "verified")
      .flatMap((event) => textLines(freeText(event, 0))),
    complaints: events
      .filter((event) => event.name === "complaints")
      .flatMap((event) => textLines(freeText(event, 0)))
      .map((line) => line.replace(/^quadlet-generator\[\d+\]: /, ""))
      .filter((line) => !noise.test(line)),
  };
}

function imageOf(event: Event): ImagePreview {
  const [service = "", image = "", runs = "", id = "", digest = "", kind, there = ""] =
    event.fields;
  const bare = (value: string) => value.replace(/^sha256:/, "");
  const here = id === "" ? {} : { here: { id: bare(id), digest } };
  const known = kind === "id" || kind === "digest";
  // What the registry did not say is taken for what is here already.
  const trouble = kind === "trouble" ? { trouble: plain(there).replace(/^Error: /, "") } : {};
  const same = known ? (kind === "id" ? bare(there) === bare(id) : there === digest) : id !== "";
  return {
    service,
    image,
    ...(runs === "" ? {} : { runs: bare(runs) }),
    ...here,
    ...(known ? { there: { kind, value: bare(there) } } : {}),
    ...trouble,
    moves: runs !== "" && (!same || bare(runs) !== bare(id)),
  };
}
