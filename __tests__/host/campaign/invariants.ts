import { OPERATOR_KEY, type Release, type Service, services } from "./releases.js";
import type { Site } from "./site.js";
import type { Snapshot } from "./snapshot.js";

/**
 * What is wrong with a host that should run this release wholly, and no other: a sentence for
 * each difference, none when all is well.
 */
export function differences(site: Site, seen: Snapshot, release: Release): string[] {
  return [
    ...files(site, seen, release),
    ...units(seen, release),
    ...containers(site, seen, release),
    ...leftovers(seen),
  ];
}

/** What is wrong with a host that should be as it was. */
export function changes(before: Snapshot, after: Snapshot): string[] {
  return [
    ...differ("the current release", after.current, before.current),
    ...differ(
      "the releases",
      [...after.releases.keys()].sort(),
      [...before.releases.keys()].sort(),
    ),
    ...differ("the links", [...after.entries].sort(), [...before.entries].sort()),
    ...differ("the files", [...after.files].sort(), [...before.files].sort()),
    ...differ("the images", after.images, before.images),
    ...differ("the networks", after.networks, before.networks),
  ];
}

/** Services that were started again, of those that no deploy has to start. */
export function restarts(
  before: Snapshot,
  after: Snapshot,
  kept: readonly (Service | "shop-network")[],
): string[] {
  return kept.flatMap((name) =>
    differ(
      `the invocation of ${name}`,
      after.units.get(`${name}.service`)?.invocation,
      before.units.get(`${name}.service`)?.invocation,
    ),
  );
}

/** A host where a new release was committed: one directory more, and the oldest pruned. */
export function committed(before: Snapshot, after: Snapshot): string[] {
  const added = [...after.releases.keys()].filter((name) => !before.releases.has(name));
  return differ("the releases that were added", added, [after.current]);
}

/** The event log of the last transaction is kept, and no other. */
export function logs(seen: Snapshot, most = 1): string[] {
  const { length } = seen.transactions;
  return length > most ? [`the logs of ${length} transactions are kept`] : [];
}

function files(site: Site, seen: Snapshot, release: Release): string[] {
  const { quadlet, systemd } = site.places;
  const place = (path: string) => `${path.includes(".d/") ? systemd : quadlet}/${path}`;
  const expected = new Map(
    Object.entries(release.files).map(([path, text]) => [place(path), text]),
  );
  const names = [
    ...expected.keys(),
    `${quadlet}/.env`,
    // The environment for `Image=${…}`, which the tool adds.
    place("web.service.d/quadlet-deploy.conf"),
  ];
  const env = (seen.files.get(`${quadlet}/.env`) ?? "").split("\n").filter(Boolean);
  const keys = Object.entries(release.env).map(([key, value]) => `${key}=${value}`);
  return [
    ...differ("the files of the units", [...seen.entries.keys()].sort(), names.sort()),
    ...seen.dangling.map((path) => `${path} is a dangling link`),
    ...[...seen.entries]
      .filter(([, target]) => !target.includes("/current/"))
      .map(
        ([path, target]) => `${path} is no link into the current release (${target || "a file"})`,
      ),
    ...[...expected].flatMap(([path, text]) => differ(path, seen.files.get(path), text)),
    ...differ(".env", env.sort(), [...keys, OPERATOR_KEY].sort()),
  ];
}

function units(seen: Snapshot, release: Release): string[] {
  return services.flatMap((name) => {
    const unit = seen.units.get(`${name}.service`);
    const running = release.running.includes(name);
    const environment = name === "web" ? `DROPIN=${release.version}` : "";
    return [
      ...differ(`${name}: LoadState`, unit?.loadState, running ? "loaded" : "not-found"),
      ...differ(`${name}: ActiveState`, unit?.activeState, running ? "active" : "inactive"),
      ...differ(`${name}: NeedDaemonReload`, unit?.needReload, false),
      ...(running ? [`/releases/${seen.current}/${name}.container`] : [])
        .filter((path) => !unit?.source.endsWith(path))
        .map((path) => `${name}: comes from ${unit?.source}, not from …${path}`),
      ...(unit?.environment.includes(environment) === false
        ? [`${name}: its drop-in is another release's (${unit.environment})`]
        : []),
      ...(name === "web" && !unit?.execStart.includes(`UNIT=${release.version}`)
        ? [`${name}: systemd runs another release's unit (${unit?.execStart})`]
        : []),
    ];
  });
}

function containers(site: Site, seen: Snapshot, release: Release): string[] {
  const running = [...seen.containers].map(([name, { state }]) => `${name} ${state}`);
  const moving = seen.images.find((image) => image.endsWith("/worker:stable"))?.split(" ")[0];
  return [
    ...differ(
      "the containers",
      running.sort(),
      release.running.map((name) => `${name} running`).sort(),
    ),
    ...Object.entries(release.images).flatMap(([name, id]) =>
      differ(`the image of ${name}`, seen.containers.get(name)?.imageId, id),
    ),
    ...differ("the image that the moving tag names", moving, release.images.worker),
    ...differ("health of web", seen.health.get(site.ports.web), `ok web ${release.version}`),
    ...differ(
      "health of worker",
      seen.health.get(site.ports.worker),
      `ok worker ${release.version}`,
    ),
    ...differ("health of db", seen.health.get(site.ports.db), "ok v1"),
    ...(seen.networks.some((name) => name.endsWith("shop")) ? [] : ["the network is missing"]),
    ...images(seen),
  ];
}

/** Each release that is kept has its images, and nothing else has. */
function images(seen: Snapshot): string[] {
  const tags = seen.images.flatMap((image) => /\/web:(\S+)$/.exec(image)?.[1] ?? []);
  const ids = new Set(seen.images.map((image) => image.split(" ")[0]));
  const most = 1 + 2 * seen.releases.size;
  return [
    ...differ("the images of web", tags.sort(), [...seen.releases.values()].sort()),
    ...(ids.size > most
      ? [
          `${ids.size} images are kept for ${seen.releases.size} releases: ${seen.images.join(", ")}`,
        ]
      : []),
  ];
}

/** What a transaction may leave behind once it has ended: its event log, and nothing more. */
function leftovers(seen: Snapshot): string[] {
  const known = ["current", "releases", "transactions", "before"];
  const strays = seen.state.filter((name) => !known.includes(name));
  const staged = [...seen.releases.keys()].filter((name) => name.startsWith("."));
  return [
    ...[...strays, ...staged].map((name) => `${name} is left in the directory of state`),
    ...seen.helpers.map((unit) => `${unit} is left in systemd`),
    ...seen.temporary.map((path) => `${path} is left`),
    ...seen.processes.map((command) => `still running: ${command}`),
  ];
}

function differ(what: string, seen: unknown, expected: unknown): string[] {
  const [is, should] = [JSON.stringify(seen), JSON.stringify(expected)];
  return is === should ? [] : [`${what}: ${is}, not ${should}`];
}
