import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { DeployError, throwAll } from "../errors.js";
import { kindOf, plainKindOf } from "../quadlet/kinds.js";
import type { Content } from "../settings/settings.js";

/** Where a file of the release goes on the host. */
export type Place =
  /** The directory that Quadlet reads. */
  | "quadlet"
  /** systemd's own directory, for its units and drop-ins of services. */
  | "systemd";

export type Layer = "stack" | "units" | "templates" | "overrides" | "tool";

/** A file that the release is made from. */
export interface Source {
  readonly layer: Layer;
  /** Its path for people, below the workspace. */
  readonly file: string;
  readonly text: string;
  /** Whether it is a template (its name ends in `.j2`) or static text. */
  readonly template: boolean;
  readonly place: Place;
  /** The path below that place, `web.container` or `web.service.d/override.conf`. */
  readonly path: string;
  /** Whether it may be run, as a script of a build may. */
  readonly executable: boolean;
}

export interface Sources {
  readonly chosen: readonly Source[];
  /** Templates that others may include, by path below their layer; every `.j2` file. */
  readonly includable: ReadonlyMap<string, Source>;
  /** Files that are no unit, no drop-in and no env file: deployed where a unit uses them. */
  readonly others: readonly Source[];
}

/**
 * Finds the files of every layer and chooses, file by file, the one that wins: `overrides`
 * over `templates` over `units` over the built-in `stack`.
 *
 * @param stacks the directory of the built-in stacks
 * @throws {DeployError | DeployErrors} phase `sources`
 */
export function findSources(content: Content, stacks: string): Sources {
  const layers: readonly { layer: Layer; paths: readonly string[] }[] = [
    { layer: "stack", paths: content.stack === undefined ? [] : [join(stacks, content.stack)] },
    { layer: "units", paths: content.units },
    { layer: "templates", paths: [content.templates] },
    { layer: "overrides", paths: [content.overrides] },
  ];
  const errors: DeployError[] = [];
  const chosen = new Map<string, Source>();
  const includable = new Map<string, Source>();
  const others = new Map<string, Source>();
  for (const { layer, paths } of layers) {
    const inLayer = new Map<string, Source>();
    const found = paths.flatMap((path) => readLayer(layer, path, content.workspace, errors));
    for (const { name, text, file, named, executable } of found) {
      const placed = place(name);
      if ("refusal" in placed) {
        errors.push(refuse(file, placed.refusal, placed.remedy));
        continue;
      }
      const template = name.endsWith(".j2") && layer !== "units";
      const source: Source = {
        layer,
        file,
        text,
        template,
        place: "quadlet",
        path: name,
        executable,
      };
      if (template) includable.set(name, source);
      if ("ignored" in placed) {
        if (named) errors.push(refuse(file, "is no unit, no drop-in and no env file"));
        const path = template ? name.replace(/\.j2$/, "") : name;
        others.set(path, { ...source, path });
        continue;
      }
      if (layer === "units" && name.endsWith(".j2")) {
        errors.push(
          refuse(
            file,
            "is a template, and files of `units` are deployed as they are",
            "Move it to the folder of `templates`, or take the .j2 off its name.",
          ),
        );
        continue;
      }
      const key = `${placed.place}/${placed.path}`;
      const twin = inLayer.get(key);
      if (twin) {
        errors.push(refuse(file, `makes the same file as ${twin.file}`, "Keep one of the two."));
      }
      inLayer.set(key, { ...source, ...placed });
    }
    for (const [key, source] of inLayer) chosen.set(key, source);
  }
  throwAll(errors);
  if (![...chosen.values()].some(({ path }) => kindOf(path) ?? plainKindOf(path))) {
    throw new DeployError({
      phase: "sources",
      cause: "no template or unit was found",
      remedy:
        "Put units into one of them, name files with `units`, or set `stack` for a built-in set",
      details: layers.flatMap(({ layer, paths }) =>
        paths.map((path) => `searched ${show(content.workspace, path)} (${layer})`),
      ),
    });
  }
  return {
    chosen: [...chosen.values()].sort(byPath),
    includable,
    others: [...others.values()].sort(byPath),
  };
}

type Placed =
  | { readonly place: Place; readonly path: string }
  | { readonly ignored: true }
  | { readonly refusal: string; readonly remedy: string };

/** Where a file of a layer goes, by its name alone. */
function place(name: string): Placed {
  const path = name.replace(/\.j2$/, "");
  if (path === ".env" || path === "env") return { place: "quadlet", path: ".env" };
  const bad = path.split("/").find((part) => !/^[A-Za-z0-9_][A-Za-z0-9:_.@-]*$/.test(part));
  if ((kindOf(path) ?? plainKindOf(path)) && bad !== undefined) {
    return {
      refusal: `${JSON.stringify(bad)} is not a name for a unit`,
      remedy: "Use letters, digits and any of : _ . @ - and start with a letter or digit.",
    };
  }
  if (/^[^/]+\.(mount|automount|swap|device|scope)$/.test(path)) {
    return {
      refusal: "systemd units of this kind are the host's own business and are not deployed",
      remedy: "Move the file out of the folder, and set it up on the host by other means.",
    };
  }
  if (bad !== undefined) return { ignored: true };
  if (plainKindOf(path)) return { place: "systemd", path };
  if (kindOf(path) && !path.includes("/")) return { place: "quadlet", path };
  if (kindOf(path)) {
    return {
      refusal: "units in subfolders are not deployed: Quadlet does not keep their names apart",
      remedy: "Move the file up.",
    };
  }
  if (path.endsWith("/quadlet-deploy.conf")) {
    return {
      refusal: "is the name of the drop-in that this tool writes itself",
      remedy: "Choose another name.",
    };
  }
  const folder = /^([^/]+)\.d\/[^/]+\.conf$/.exec(path)?.[1];
  if (folder === undefined) return { ignored: true };
  return { place: (kindOf(folder) ?? kindOf(`any.${folder}`)) ? "quadlet" : "systemd", path };
}

interface Found {
  /** Whether `units` names this very file. */
  readonly named: boolean;
  /** Path below the layer's directory, with `/` between folders. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly executable: boolean;
}

function readLayer(
  layer: Layer,
  path: string,
  workspace: string,
  errors: DeployError[],
): readonly Found[] {
  const shown = layer === "stack" ? `stack ${basename(path)}` : show(workspace, path);
  if (layer !== "stack" && !isWithin(workspace, path)) {
    errors.push(refuse(shown, "lies outside the repository", "Name a path inside it."));
    return [];
  }
  if (!existsSync(path)) {
    // The folders have defaults and may be missing; a file that was named may not.
    if (layer === "units") errors.push(refuse(shown, "there is no such file or directory"));
    return [];
  }
  const base = statSync(path).isDirectory() ? path : join(path, "..");
  if (layer !== "stack" && !isWithin(realpathSync(workspace), realpathSync(base))) {
    errors.push(
      refuse(shown, "is a link that leaves the repository", "Put the folder itself there."),
    );
    return [];
  }
  const files = base === path ? filesBelow(path) : [path];
  return files.flatMap((file): Found[] => {
    const name = relative(base, file).split(sep).join("/");
    const label = `${base === path ? `${shown}/` : `${show(workspace, base)}/`}${name}`.replace(
      /^\//,
      "",
    );
    const target = statSync(file, { throwIfNoEntry: false });
    if (!target?.isFile()) {
      const leads = target === undefined ? "to nothing" : "to what is no file";
      errors.push(refuse(label, `is a link that leads ${leads}`, "Put the file itself there."));
      return [];
    }
    if (!isWithin(realpathSync(base), realpathSync(file))) {
      errors.push(
        refuse(label, "is a link that leaves its directory", "Put the file itself there."),
      );
      return [];
    }
    const bytes = readFileSync(file);
    // Other files (a picture in a README, say) may hold anything, and stay as they are; units are text.
    const isOther = "ignored" in place(name);
    const whole = bytes.toString("utf8");
    const text =
      isOther && !name.endsWith(".j2")
        ? whole
        : whole.replace(/^\uFEFF/, "").replace(/\r\n/g, "\n");
    if ((text.includes("\0") || !isUtf8(bytes)) && !isOther) {
      errors.push(refuse(label, "is not UTF-8 text"));
      return [];
    }
    const executable = (target.mode & 0o111) !== 0;
    return [{ name, file: label, text, named: base !== path, executable }];
  });
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      return entry.isDirectory() ? filesBelow(path) : [path];
    });
}

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || way.startsWith(sep));
}

function show(workspace: string, path: string): string {
  return isWithin(workspace, path) ? relative(workspace, path).split(sep).join("/") || "." : path;
}

function refuse(object: string, cause: string, remedy?: string): DeployError {
  return new DeployError({
    phase: "sources",
    object,
    location: { file: object },
    cause,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

function byPath(a: Source, b: Source): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
