// Builds the committed bundles. ESM in, CommonJS out: ssh2 needs `require` and
// `__dirname`, and its optional native add-ons stay outside so that the bundle is
// the same on every machine (see docs/decisions/0002-bundle.md).
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @param {string} outdir where the bundles go, absolute or relative to the project */
export async function buildTo(outdir) {
  const { outputFiles } = await build({
    // Written below, each over the old one, so that who runs a bundle meanwhile finds it there.
    write: false,
    absWorkingDir: root,
    entryPoints: { action: "src/action.ts", cli: "src/cli.ts", testbed: "testbed/main.ts" },
    outdir,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["cpu-features", "*.node"],
    loader: { ".sh": "text" },
    legalComments: "none",
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    charset: "utf8",
    logLevel: "warning",
  });
  const directory = new URL(`../${outdir}/`, import.meta.url);
  await mkdir(directory, { recursive: true });
  const names = outputFiles.map((file) => basename(file.path));
  for (const name of await readdir(directory)) {
    if (!names.includes(name)) await rm(new URL(name, directory));
  }
  for (const file of outputFiles) {
    const path = new URL(basename(file.path), directory);
    const fresh = new URL(`.${basename(file.path)}.new`, directory);
    await writeFile(fresh, file.contents);
    await rename(fresh, path);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildTo("dist");
