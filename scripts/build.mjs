// Builds the committed bundles. ESM in, CommonJS out: ssh2 needs `require` and
// `__dirname`, and its optional native add-ons stay outside so that the bundle is
// the same on every machine (see docs/decisions/0002-bundle.md).
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

/** @param {string} outdir where the bundles go, absolute or relative to the project */
export async function buildTo(outdir) {
  await rm(new URL(`../${outdir}`, import.meta.url), { recursive: true, force: true });
  await build({
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
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildTo("dist");
