import type { Kind } from "../kinds.js";
import type { Service } from "../services.js";
import type { Entry, UnitFile } from "../unit-file.js";

/** An `error` stops the deploy before any host is asked; the others are told. */
export type Severity = "error" | "warning" | "notice";

/** What a rule found; docs/checks.md has a section for each rule. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** The file of the repository that the unit was made from. */
  readonly source: string;
  /** Inside the release: `web.container`, `systemd/web.service.d/10.conf`. */
  readonly path: string;
  /** Of the rendered file, from 1. */
  readonly line?: number;
  readonly message: string;
  readonly remedy: string;
}

/** A unit file or a drop-in of one, as rules see it. */
export interface CheckedFile {
  readonly place: "quadlet" | "systemd";
  readonly path: string;
  readonly source: string;
  readonly content: string;
  readonly unit: UnitFile;
  /** What Quadlet makes of it; none for drop-ins of services. */
  readonly kind?: Kind;
  /** Whether it is a drop-in and no unit of its own. */
  readonly dropIn: boolean;
}

/** The release as rules see it. */
export interface Checked {
  readonly files: readonly CheckedFile[];
  readonly services: readonly Service[];
  readonly scope: "rootful" | "rootless";
  /** Whether a release that fails is put back. */
  readonly rollback: boolean;
  /** The host's, where it is known. */
  readonly podman?: string;
}

/** A rule looks at the whole release and says what is wrong, each thing once. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly find: (checked: Checked) => readonly Found[];
}

export interface Found {
  readonly file: Pick<CheckedFile, "place" | "path" | "source">;
  /** Where in the file. */
  readonly entry?: Pick<Entry, "line">;
  readonly message: string;
  readonly remedy: string;
}

/** The entries of the units of some kinds, their drop-ins included. */
export function* entriesOf(
  { files }: Checked,
  wanted: (entry: Entry, kind: Kind) => boolean,
): Generator<{ file: CheckedFile; entry: Entry; kind: Kind }> {
  for (const file of files) {
    if (file.kind === undefined) continue;
    for (const entry of file.unit.entries) {
      if (wanted(entry, file.kind)) yield { file, entry, kind: file.kind };
    }
  }
}
