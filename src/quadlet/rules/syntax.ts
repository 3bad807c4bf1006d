import { faultsIn, hasOpenQuote } from "../unit-file.js";
import { entriesOf, type Found, type Rule } from "./finding.js";

/** Seen of Podman 5.4 and 5.8: such a line makes the generator load no unit at all, of any app. */
const badSyntax: Rule = {
  id: "bad-syntax",
  severity: "error",
  find: ({ files }) =>
    files
      // What units mount or build from is in a language of its own.
      .filter(({ place, kind }) => place === "systemd" || kind !== undefined)
      .flatMap((file) =>
        faultsIn(file.content).map(({ line, text, why }): Found => {
          const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
          const effect =
            file.kind !== undefined && !file.dropIn
              ? "Podman then loads no unit of the host at all"
              : file.kind === undefined
                ? "systemd ignores it"
                : "Podman then leaves out the whole drop-in";
          return {
            file,
            entry: { line },
            message: `${JSON.stringify(shown)} is ${why}: ${effect}`,
            remedy:
              why === "not an assignment"
                ? "Write KEY=value, or # before a comment; a line goes on after a final backslash."
                : "Put a [Section] above it.",
          };
        }),
      ),
};

/** Values that Quadlet splits into words, quotes holding together. */
const split = /^(Exec|Environment|Label|Annotation|PodmanArgs|GlobalArgs)$/;

const openQuote: Rule = {
  id: "open-quote",
  severity: "warning",
  find: (checked) =>
    [
      ...entriesOf(
        checked,
        ({ section, key, value }) =>
          section !== "Service" && split.test(key) && hasOpenQuote(value),
      ),
    ].map(({ file, entry }) => ({
      file,
      entry,
      message: `a quote in ${entry.key}= opens and does not close: it goes, and what follows becomes one word`,
      remedy: `Close it, put the whole word into the other kind of quotes, or write \\" or \\'.`,
    })),
};

export const syntaxRules: readonly Rule[] = [badSyntax, openQuote];
