import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { getExecOutput } from "@actions/exec";
import type { Finding } from "../quadlet/rules/finding.js";
import {
  generatedServices,
  generatorFindings,
  verifyFindings,
} from "../quadlet/runner-findings.js";
import { type File, servicesOf } from "../quadlet/services.js";

/** Programs of the machine that this runs on. */
export interface Programs {
  /** Where Podman's generator may be, the likeliest first. */
  readonly generators: readonly string[];
  readonly verifier: string;
}

const usual: Programs = {
  generators: [
    "/usr/libexec/podman/quadlet",
    "/usr/lib/podman/quadlet",
    "/usr/lib/systemd/system-generators/podman-system-generator",
  ],
  verifier: "systemd-analyze",
};

/**
 * What this machine's own Podman and systemd say of a release, for where no host can be asked.
 * They are not the host's: an older Podman knows fewer keys, and units of others are not here.
 * So all of it is a warning.
 *
 * @returns `undefined` where this machine has no generator
 */
export async function askRunnersPodman(
  files: readonly File[],
  scope: "rootful" | "rootless",
  programs: Programs = usual,
): Promise<readonly Finding[] | undefined> {
  const generator = programs.generators.find((path) => existsSync(path));
  if (generator === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "quadlet-deploy-check-"));
  try {
    const [units, made] = [join(folder, "quadlet"), join(folder, "systemd")];
    for (const file of files) {
      await write(join(folder, file.place, file.path), file.content);
    }
    await mkdir(units, { recursive: true });
    const ofUser = scope === "rootless";
    // Without -dryrun it says what is wrong to the kernel's log alone.
    const answer = await run(generator, ["-dryrun", ...(ofUser ? ["-user"] : [])], {
      QUADLET_UNIT_DIRS: units,
    });
    if (answer === undefined) return undefined;
    const generated = generatedServices(answer.stdout);
    for (const [name, text] of generated) await write(join(made, name), text);
    const names = [...generated.keys(), ...files.filter(isPlainUnit).map(({ path }) => path)];
    const verdict =
      names.length === 0
        ? undefined
        : await run(
            programs.verifier,
            [
              ...["verify", ...(ofUser ? ["--user"] : []), "--man=no", "--recursive-errors=no"],
              ...names.map((name) => join(made, name)),
            ],
            // The colon adds the machine's own units: targets, say.
            { SYSTEMD_UNIT_PATH: `${made}:`, XDG_RUNTIME_DIR: folder },
          );
    return [
      ...generatorFindings(files, answer.stderr.split("\n")),
      ...verifyFindings(
        files,
        servicesOf(files),
        generated,
        (verdict?.stderr ?? "").split("\n"),
        made,
      ),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isPlainUnit({ place, path }: File): boolean {
  return place === "systemd" && !path.includes("/");
}

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** A program's output, whatever its status; `undefined` where it cannot be run at all. */
async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly stdout: string; readonly stderr: string } | undefined> {
  try {
    return await getExecOutput(program, [...args], {
      silent: true,
      ignoreReturnCode: true,
      env: { PATH: process.env.PATH ?? "", ...env },
    });
  } catch {
    return undefined;
  }
}
