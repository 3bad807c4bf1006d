import { readFile, rename } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Cache, filesOf, recipeHash } from "./cache.js";
import { debootstrap, debootstrapArguments, type Tree } from "./debootstrap.js";
import { type Config, type Entry, type Layer, layerOf, layerOfTar, push } from "./oci.js";
import { must } from "./process.js";
import { Registry } from "./registry.js";

interface Image {
  readonly repository: string;
  readonly tag: string;
  readonly base: "stack" | "tiny";
  /** The folder under `images/` that is laid over the base. */
  readonly files?: string;
  /** Files that are this tag's own. */
  readonly own?: readonly Entry[];
  readonly config: Config;
}

/** One tree for the whole stack: three images that a host pulls as one big layer. */
const STACK: Tree = {
  suite: "trixie",
  packages: [
    ...["postgresql", "redis-server"],
    ...["python3-django", "daphne", "python3-celery", "python3-psycopg", "python3-redis"],
    ...["python3-dj-database-url"],
  ],
  without: [
    // PostgreSQL's just-in-time compiler: a fifth of the tree, and off for such small queries.
    ...["/usr/lib/*/libLLVM*", "/usr/lib/*/libz3*"],
    ...["/usr/lib/postgresql/*/lib/bitcode/*", "/usr/lib/postgresql/*/lib/llvmjit*"],
    ...["/usr/lib/python3/dist-packages/*.po", "/usr/lib/python3/dist-packages/*.mo"],
  ],
  before: [
    'mkdir -p "$1/etc/postgresql-common"',
    'echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"',
  ],
  after: [
    'chroot "$1" useradd --uid 1000 --create-home --shell /bin/sh app',
    // Most of the files are of no use to the three programs; each costs every host a moment.
    `cd "$1" && rm -rf ${[
      ...["usr/share/perl*", "usr/lib/*/perl*", "usr/lib/*/libperl.so*", "usr/bin/perl*"],
      ...["var/lib/dpkg/info", "var/lib/apt", "var/cache", "usr/lib/*/gconv", "usr/share/man"],
      ...["usr/share/postgresql/*/man", "usr/share/postgresql-common", "usr/share/lintian"],
      ...["usr/share/bash-completion", "usr/share/common-licenses", "usr/share/python3-pycparser"],
      ...["usr/lib/python3.*/test", "usr/lib/python3.*/pydoc_data", "usr/lib/python3.*/unittest"],
      ...python("setuptools*", "pkg_resources*", "jaraco*", "inflect*", "more_itertools*"),
      ...python("passlib*", "pyasn1_modules*", "pycparser*", "ply*", "pyparsing*", "hamcrest"),
      ...python("ephem*", "pytz*", "ecdsa*", "nacl", "typeguard*", "flatbuffers*", "mnemonic*"),
      ...python("*/tests"),
      ...python("twisted/*/test", "twisted/test", "twisted/trial", "twisted/conch", "twisted/mail"),
      ...python("twisted/names", "twisted/positioning", "twisted/spread", "twisted/words"),
      ...python("autobahn/asyncio", "autobahn/xbr", "django/conf/*_template"),
      ...python("django/contrib/[!s_]*", "django/contrib/s[!t]*"),
      ...python("django/conf/locale/[!e_]*", "django/conf/locale/e[!n]*"),
    ].join(" ")}`,
    'find "$1/usr/share/zoneinfo" -mindepth 1 ! -name UTC -delete 2>/dev/null || true',
    // One file a module, with no folder for it.
    `chroot "$1" sh -ec '${[
      "cd /usr/lib",
      "python3 -m compileall -q -b python3 python3.*",
      "find python3* -name __pycache__ -exec rm -r {} +",
      'find python3* -name "*.py" -delete',
      "find python3* /usr/share -type d -empty -delete",
    ].join("; ")}'`,
  ],
};

function python(...globs: string[]): string[] {
  return globs.map((glob) => `usr/lib/python3/dist-packages/${glob}`);
}

const POSTGRES_BIN = "/usr/lib/postgresql/17/bin";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const ENTRYPOINT = ["docker-entrypoint.sh"];

const IMAGES: readonly Image[] = [
  tiny("v1"),
  tiny("v2"),
  tiny("ignores-sigterm", "/usr/bin/serve-stubbornly"),
  tiny("exits", "/usr/bin/fail"),
  {
    repository: "postgres",
    tag: "15-alpine",
    base: "stack",
    files: "postgres",
    config: {
      Env: [`PATH=${POSTGRES_BIN}:${PATH}`, "PGDATA=/var/lib/postgresql/data", "LANG=C.UTF-8"],
      Entrypoint: ENTRYPOINT,
      Cmd: ["postgres"],
      ExposedPorts: { "5432/tcp": {} },
      Volumes: { "/var/lib/postgresql/data": {} },
      // PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
      StopSignal: "SIGINT",
    },
  },
  {
    repository: "redis",
    tag: "7-alpine",
    base: "stack",
    files: "redis",
    config: {
      Env: [`PATH=${PATH}`],
      Entrypoint: ENTRYPOINT,
      Cmd: ["redis-server"],
      WorkingDir: "/data",
      ExposedPorts: { "6379/tcp": {} },
      Volumes: { "/data": {} },
    },
  },
  senexTrader("v1"),
  senexTrader("v2"),
  // It needs a setting that no host has: its health check fails, and says so.
  senexTrader("v3-broken", "BROKERAGE_TOKEN\n"),
];

function tiny(tag: string, command = "/usr/bin/serve"): Image {
  return {
    repository: "tiny",
    tag,
    base: "tiny",
    files: "tiny",
    own: [
      { path: "www/index.html", content: `${tag}\n` },
      { path: "www/health/index.html", content: `ok ${tag}\n` },
    ],
    config: { Env: [`PATH=${PATH}`], Cmd: [command], ExposedPorts: { "8080/tcp": {} } },
  };
}

function senexTrader(tag: string, required = ""): Image {
  return {
    repository: "senex/senex-trader",
    tag,
    base: "stack",
    files: "senex-trader",
    own: [
      { path: "app/VERSION", content: `${tag}\n` },
      { path: "app/REQUIRED_SETTINGS", content: required },
      { path: "app/staticfiles", owner: 1000 },
    ],
    config: {
      Env: [`PATH=${PATH}`, "LANG=C.UTF-8", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"],
      User: "app",
      WorkingDir: "/app",
      Entrypoint: ["python3", "/app/entrypoint.py"],
      Cmd: ["web"],
      ExposedPorts: { "8000/tcp": {} },
    },
  };
}

/** The stack's tree as `layer.tar` in a folder: what takes long, and seldom changes. */
export async function stackTree(cache: Cache): Promise<string> {
  return cache.entry("stack", stackRecipe(), async (folder) => {
    const partial = join(folder, "partial.tar");
    await debootstrap(STACK, partial);
    await rename(partial, join(folder, "layer.tar"));
  });
}

export function stackRecipe(): string {
  return recipeHash(STACK.suite, debootstrapArguments(STACK));
}

/** A registry's storage with every image in it. */
export async function registryStorage(cache: Cache, sources: string): Promise<string> {
  const stack = await stackTree(cache);
  return cache.entry("registry", await registryRecipe(sources), async (folder) => {
    const bases: Record<Image["base"], Layer> = {
      stack: layerOfTar(await readFile(join(stack, "layer.tar"))),
      tiny: await layerOf(await busybox()),
    };
    await using registry = await Registry.start(`127.0.0.1:${await freePort()}`, folder);
    for (const { repository, tag, base, files, own, config } of IMAGES) {
      const layers = [bases[base]];
      if (files) layers.push(await layerOf(await entriesOf(join(sources, "images", files))));
      if (own) layers.push(await layerOf(own));
      await push(registry, repository, tag, layers, config);
    }
    await registry.stop();
    // The images alone are worth keeping, at the entry's own root.
    await must("sh", [
      "-c",
      'cd "$0" && mv storage/* . && rmdir storage && rm config.yml *.log',
      folder,
    ]);
  });
}

export async function registryRecipe(sources: string): Promise<string> {
  return recipeHash(stackRecipe(), IMAGES, await filesOf(join(sources, "images")));
}

async function entriesOf(folder: string): Promise<Entry[]> {
  const files = await filesOf(folder);
  return Object.entries(files).map(([path, content]) => ({ path, content }));
}

/** A system of one static program, under each of the names it answers to. */
async function busybox(): Promise<Entry[]> {
  const applets = (await must("busybox", ["--list"])).split("\n").filter(Boolean);
  return [
    { path: "bin/busybox", content: await readFile("/bin/busybox"), mode: 0o755 },
    ...applets
      .filter((applet) => applet !== "busybox")
      .map((applet) => ({ path: `bin/${applet}`, link: "busybox" })),
    { path: "etc/passwd", content: "root:x:0:0:root:/:/bin/sh\n" },
    { path: "etc/group", content: "root:x:0:\n" },
    { path: "tmp", mode: 0o1777 },
  ];
}

/** A port of the loopback interface that is free at the moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
