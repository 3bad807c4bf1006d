/** Whether a repository's templates render, and what each uses: for the judging of a switch. */
import { type DeployError, deployErrors } from "../errors.js";
import { isCompanion } from "../quadlet/companions.js";
import { servicesOf } from "../quadlet/services.js";
import { type Uses, usesOf } from "./jinja/index.js";
import { includedAs, releaseFile, renderSource } from "./release.js";
import type { Source, Sources } from "./sources.js";
import type { Variables } from "./variables.js";

/** A host's name, empty where there is no inventory, and what its templates know. */
export interface Host {
  readonly name: string;
  readonly variables: Variables;
}

/** What becomes of a template. */
export type Fate =
  /** It is deployed under this path. */
  | { readonly kind: "deployed"; readonly path: string }
  /** Others include it; by itself it is rendered for no host. */
  | { readonly kind: "included"; readonly by: readonly string[] }
  /** No unit uses what it renders to. */
  | { readonly kind: "unused" };

export interface Problem {
  readonly error: DeployError;
  /** The hosts that have it, where not all do. */
  readonly hosts: readonly string[];
}

export interface CheckedTemplate {
  /** Its path for people. */
  readonly file: string;
  readonly fate: Fate;
  readonly uses: Uses;
  /** Variables of `uses` that no host has. */
  readonly notGiven: readonly string[];
  /** Why it does not render, each reason once. */
  readonly problems: readonly Problem[];
  /** What it uses that is not supported and that no rendering came to. */
  readonly unreached: readonly DeployError[];
}

/** Every template that takes part, in the order of their paths. */
export function checkTemplates(
  sources: Sources,
  hosts: readonly Host[],
): readonly CheckedTemplate[] {
  const others = sources.others.filter(({ template }) => template);
  const chosen = sources.chosen.filter(({ template }) => template);
  const read = [...chosen, ...others].map((source) => ({
    source,
    uses: usesOf({ name: source.file, text: source.text }),
    results: hosts.map((host) => attempt(source, sources, host)),
  }));
  const texts = new Map(read.map(({ source, results }) => [source, results]));
  const wanted = hosts.flatMap((_, index) =>
    servicesOf(
      sources.chosen.flatMap((source) => {
        const text = source.template ? texts.get(source)?.[index]?.text : source.text;
        return text === undefined ? [] : [releaseFile(source, text)];
      }),
    ).flatMap(({ companions }) => companions),
  );
  const includedBy = (source: Source) =>
    read
      .filter(({ uses }) =>
        uses.includes.some((name) => includedAs(name, sources)?.file === source.file),
      )
      .map((other) => other.source.file);
  const fateOf = (source: Source): Fate => {
    if (!others.includes(source) || isCompanion(source.path, wanted)) {
      return { kind: "deployed", path: source.path };
    }
    const by = includedBy(source);
    return by.length > 0 ? { kind: "included", by } : { kind: "unused" };
  };
  return read
    .map(({ source, uses, results }): CheckedTemplate => {
      const fate = fateOf(source);
      // By itself an included template may lack what those that include it have set.
      const problems = fate.kind === "included" ? [] : problemsOf(results);
      const known = (name: string) => hosts.some(({ variables }) => Object.hasOwn(variables, name));
      return {
        file: source.file,
        fate,
        uses,
        notGiven: uses.variables.filter((name) => !known(name)),
        problems,
        unreached: uses.refused.filter((one) => !problems.some(({ error }) => isAt(error, one))),
      };
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

interface Attempt {
  readonly host: string;
  readonly text?: string;
  readonly errors: readonly DeployError[];
}

function attempt(source: Source, sources: Sources, { name, variables }: Host): Attempt {
  try {
    return { host: name, text: renderSource(source, sources, variables), errors: [] };
  } catch (error) {
    const errors = deployErrors(error);
    if (errors.length === 0) throw error;
    return { host: name, errors };
  }
}

function problemsOf(attempts: readonly Attempt[]): readonly Problem[] {
  const errors = new Map(
    attempts.flatMap((attempt) => attempt.errors.map((error) => [error.message, error] as const)),
  );
  return [...errors].map(([message, error]) => {
    const having = attempts.filter((one) => one.errors.some((other) => other.message === message));
    const hosts = having.length < attempts.length ? having.map(({ host }) => host) : [];
    return { error, hosts };
  });
}

/** Whether both are about one place, to the line: a column may be that of another token. */
function isAt(a: DeployError, b: DeployError): boolean {
  const [one, other] = [a.parts.location, b.parts.location];
  return one?.file === other?.file && one?.line === other?.line;
}
