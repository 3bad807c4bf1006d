import { must, type RunOptions } from "./process.js";

export type Suite = "trixie" | "forky" | "bookworm";

export interface Tree {
  readonly suite: Suite;
  readonly packages: readonly string[];
  /** Globs of files that dpkg leaves out, beside what `DEAD_WEIGHT` names. */
  readonly without?: readonly string[];
  /** Shell commands run before the packages are installed; `$1` is the tree. */
  readonly before?: readonly string[];
  /** Shell commands run when everything is installed; `$1` is the tree. */
  readonly after?: readonly string[];
}

/** What no host and no container of the testbed reads: a quarter of a minimal system. */
const DEAD_WEIGHT = [
  "/usr/share/doc/*",
  "/usr/share/i18n/*",
  "/usr/share/info/*",
  "/usr/share/locale/*",
  "/usr/share/man/*",
];

/**
 * mmdebstrap's arguments for a tree, without the target. No mirror is named: the machine's
 * own choice of one serves.
 */
export function debootstrapArguments(tree: Tree): string[] {
  return [
    "--variant=minbase",
    // A tree that a power failure spoils is thrown away and built again.
    "--dpkgopt=force-unsafe-io",
    ...[...DEAD_WEIGHT, ...(tree.without ?? [])].map((glob) => `--dpkgopt=path-exclude=${glob}`),
    '--aptopt=Acquire::Languages "none"',
    // A testing suite's stored index may be past its date on a mirror that lags behind.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...(tree.before ?? []).map((hook) => `--essential-hook=${hook}`),
    ...(tree.after ?? []).map((hook) => `--customize-hook=${hook}`),
    `--include=${tree.packages.join(",")}`,
  ];
}

/** Builds a tree into `target`: a folder, or a file whose name ends in `.tar`. */
export async function debootstrap(tree: Tree, target: string, options?: RunOptions): Promise<void> {
  // The namespaces end the whole build with us: what mmdebstrap starts, and its mounts.
  await must(
    "setpriv",
    [
      ...["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"],
      ...["--mount-proc", "mmdebstrap", "--quiet", ...debootstrapArguments(tree)],
      ...[tree.suite, target],
    ],
    options,
  );
}
