// Fails when the committed dist/ is not byte for byte what the sources build.
import { readdir, readFile, rm } from "node:fs/promises";
import { buildTo } from "./build.mjs";

const committed = new URL("../dist/", import.meta.url);
const fresh = new URL("../.dist-check/", import.meta.url);

await buildTo(".dist-check");
try {
  const names = new Set([...(await readdir(committed)), ...(await readdir(fresh))]);
  const stale = [];
  for (const name of names) {
    const [a, b] = await Promise.all(
      [committed, fresh].map((dir) => readFile(new URL(name, dir)).catch(() => Buffer.alloc(0))),
    );
    if (!a.equals(b)) stale.push(name);
  }
  if (stale.length > 0) {
    console.error(
      `dist/ is stale (${stale.join(", ")}): run "npm run build" and commit the result.`,
    );
    process.exitCode = 1;
  } else {
    console.log(`dist/ is what the sources build (${names.size} files).`);
  }
} finally {
  await rm(fresh, { recursive: true, force: true });
}
