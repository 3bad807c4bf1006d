/** Podman's own generators read the same units; our verdict and theirs, side by side. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { checkUnits } from "../../src/quadlet/check.js";
import { kindOf } from "../../src/quadlet/kinds.js";
import { type File, servicesOf } from "../../src/quadlet/services.js";
import { enclosing } from "../../testbed/sandbox.js";
import { bad, type Case, good } from "./units.js";

const run = promisify(execFile);
const versions = { "5.4": "trixie", "5.8": "forky" } as const;
type Version = keyof typeof versions;

function filesOf(one: Case): readonly File[] {
  return Object.entries(one.files).map(([path, content]) => {
    const systemd = path.startsWith("systemd/");
    return {
      place: systemd ? "systemd" : "quadlet",
      path: systemd ? path.slice("systemd/".length) : path,
      content,
      source: path,
    };
  });
}

function findings(one: Case, podman?: Version) {
  const files = filesOf(one);
  return checkUnits(files, servicesOf(files), {
    scope: one.rootless ? "rootless" : "rootful",
    rollback: true,
    ...(podman === undefined ? {} : { podman: `${podman}.0` }),
  });
}

/** Whether the generator made a service of each unit, for each case. */
async function verdicts(suite: "trixie" | "forky", cases: readonly Case[]): Promise<boolean[]> {
  const { supplies } = await enclosing();
  const root = supplies.roots[suite];
  if (root === undefined) throw new Error(`${suite} is not installed`);
  const folder = mkdtempSync(join(tmpdir(), "quadlet-deploy-units-"));
  try {
    for (const [index, one] of cases.entries()) {
      mkdirSync(join(folder, `${index}/units`), { recursive: true });
      if (one.rootless) writeFileSync(join(folder, `${index}/user`), "");
      for (const [path, content] of Object.entries(one.files)) {
        if (path.startsWith("systemd/")) continue;
        const file = join(folder, `${index}/units`, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    }
    // One namespace and one shell for all of them: the tree is only read.
    const loop = `for one in /mnt/*; do
      flag=; [ ! -e $one/user ] || flag=-user
      QUADLET_UNIT_DIRS=$one/units /usr/libexec/podman/quadlet -dryrun $flag >$one/out 2>$one/err || :
    done`;
    const enter = `mount --bind "$2" "$1/mnt" && exec chroot "$1" sh -c '${loop}'`;
    await run("unshare", ["--mount", "sh", "-ec", enter, "sh", root, folder]);
    return cases.map((one, index) => {
      const made = readFileSync(join(folder, `${index}/out`), "utf8");
      return servicesOf(filesOf(one))
        .filter(({ instanceOf }) => instanceOf === undefined)
        .every(({ name }) => made.includes(`---${name}---\n`));
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The units under EXAMPLES of podman-systemd.unit(5). */
function examplesIn(page: string): readonly File[] {
  const examples = page.slice(page.indexOf(".SH EXAMPLES"), page.indexOf(".SH SEE ALSO"));
  const found = examples.matchAll(
    /^.*?\\fB([\w@.-]+\.[a-z]+)\\fR.*\n(?:\.PP\n|\n)*\.EX\n([\s\S]*?)\n\.EE/gm,
  );
  // Where a line goes on, the page has lost the backslash.
  const plain = (text: string) =>
    text
      .replaceAll("\\&", "")
      .replace(/\\e|\\\\/g, "\\")
      .replaceAll("\\-", "-")
      .replace(/ +\n(?= {4,}\S)/g, " \\\n");
  return [...found]
    .filter(([, path = ""]) => kindOf(path) !== undefined)
    .map(([, path = "", text = ""]) => ({
      place: "quadlet",
      path,
      content: plain(text),
      source: path,
    }));
}

const takes: Record<Version, ReadonlyMap<Case, boolean>> = { "5.4": new Map(), "5.8": new Map() };

/** The verdicts side by side, as a page. */
function page(): string {
  const shown = (text: string) => `\`${text.replaceAll("\n", "\u23ce").replaceAll("|", "\\|")}\``;
  const name = (one: Case) => (/^[\w ,.':-]+$/.test(one.name) ? one.name : shown(one.name));
  const kinds = (one: Case) => [
    ...new Set(
      filesOf(one).map(({ place, path }) =>
        place === "systemd" || path.includes("/") ? "drop-in" : `.${kindOf(path)}`,
      ),
    ),
  ];
  const verdict = (one: Case, version: Version) => (takes[version].get(one) ? "takes" : "refuses");
  const refused = (version: Version) => bad.filter((one) => !takes[version].get(one)).length;
  const said = (one: Case) =>
    [...new Set(findings(one).map(({ rule, severity }) => `${severity} ${rule}`))].join(", ");
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    "# The check beside Podman's generators",
    "",
    "Written by the oracle test `units.test.ts`, which has the generators of Podman 5.4 (Debian trixie) and 5.8 (forky) read the same sets of units as the check, and fails where this page says otherwise.",
    "",
    row(["", "sets", "the check", "Podman 5.4", "Podman 5.8"]),
    row(["---", "---", "---", "---", "---"]),
    row([
      "good",
      String(good.length),
      "raises nothing in any",
      `takes all but ${good.filter((one) => !takes["5.4"].get(one)).length} of the ${good.filter(({ podman }) => podman === "5.8").length} that need 5.8, which the check says when it knows the host's Podman`,
      "takes all",
    ]),
    row([
      "bad",
      String(bad.length),
      "finds all",
      `refuses ${refused("5.4")}`,
      `refuses ${refused("5.8")}`,
    ]),
    "",
    "What a generator takes although it is bad makes a service that does not start, starts something else, or leaves part of the unit out in silence.",
    "",
    "## Bad units",
    "",
    row(["in", "what", "the check", "5.4", "5.8"]),
    row(["---", "---", "---", "---", "---"]),
    ...bad.map((one) =>
      row([kinds(one).join(" "), name(one), said(one), verdict(one, "5.4"), verdict(one, "5.8")]),
    ),
    "",
    "## Good units",
    "",
    row(["in", "what", "the check", "5.4", "5.8"]),
    row(["---", "---", "---", "---", "---"]),
    ...good.map((one) =>
      row([kinds(one).join(" "), name(one), "nothing", verdict(one, "5.4"), verdict(one, "5.8")]),
    ),
    "",
  ].join("\n");
}

/** What containers and pods may name; several examples share a name. */
const isNamed = (file: File) => !/\.(container|kube)$/.test(file.path);

describe.each(Object.entries(versions) as [Version, "trixie" | "forky"][])(
  "Podman %s",
  (version, suite) => {
    const expected = good.filter(({ podman }) => (podman ?? "5.4") <= version);
    const newer = good.filter(({ podman }) => (podman ?? "5.4") > version);
    let accepted: boolean[] = [];
    let accepts: boolean[] = [];
    let refusals: boolean[] = [];

    beforeAll(async () => {
      accepted = await verdicts(suite, expected);
      accepts = await verdicts(suite, bad);
      refusals = await verdicts(suite, newer);
      takes[version] = new Map([
        ...expected.map((one, index) => [one, accepted[index] ?? false] as const),
        ...newer.map((one, index) => [one, refusals[index] ?? false] as const),
        ...bad.map((one, index) => [one, accepts[index] ?? false] as const),
      ]);
    }, 120_000);

    test.each(expected.map((one, index) => ({ ...one, index })))(
      "good: $name",
      ({ index, ...one }) => {
        expect(findings(one, version)).toEqual([]);
        expect(accepted[index], "the generator refuses it").toBe(true);
      },
    );

    test.each(newer.map((one, index) => ({ ...one, index })))(
      "too new: $name",
      ({ index, ...one }) => {
        expect(findings(one, version).map(({ rule }) => rule)).toContain("key-needs-newer-podman");
        expect(refusals[index], "the generator takes it").toBe(one.silent ?? false);
      },
    );

    test.each(bad.map((one, index) => ({ ...one, index })))("$rule: $name", ({ index, ...one }) => {
      const found = findings(one, version);
      expect(found.map(({ rule }) => rule)).toContain(one.rule);
      // What the generator does not take stops the deploy here as well, or is said at least.
      if (!accepts[index]) expect(found).not.toEqual([]);
    });

    test("its manual's own examples raise no alarm", async () => {
      const { supplies } = await enclosing();
      const page = join(supplies.roots[suite] ?? "", "usr/share/man/man5/podman-systemd.unit.5.gz");
      const files = examplesIn(gunzipSync(readFileSync(page)).toString("utf8"));
      expect(files.length).toBeGreaterThan(5);
      // They name `latest`, which is a matter of going back.
      const context = { scope: "rootful", rollback: false, podman: `${version}.0` } as const;
      const alarms = files.flatMap((file) => {
        const named = files.filter(
          (one) =>
            one.path !== file.path && (isNamed(one) || file.content.includes(`=${one.path}\n`)),
        );
        const set = [file, ...new Map(named.map((one) => [one.path, one])).values()];
        return checkUnits(set, servicesOf(set), context).filter(({ path }) => path === file.path);
      });
      expect(alarms).toEqual([]);
    });
  },
);

test("the page of verdicts is up to date", async () => {
  expect(good.length).toBeGreaterThanOrEqual(100);
  expect(bad.length).toBeGreaterThanOrEqual(60);
  await expect(page()).toMatchFileSnapshot("../../docs/checks-oracle.md");
});
