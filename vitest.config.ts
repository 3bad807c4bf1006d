import { readFile } from "node:fs/promises";
import { defineConfig } from "vitest/config";

/** Loads shell programs as strings, as esbuild does for the bundles. */
const shellAsText = {
  name: "shell-as-text",
  enforce: "pre" as const,
  async load(id: string) {
    if (!id.endsWith(".sh")) return null;
    return `export default ${JSON.stringify(await readFile(id, "utf8"))}`;
  },
};

export default defineConfig({
  plugins: [shellAsText],
  test: {
    projects: [
      { extends: true, test: { name: "unit", include: ["__tests__/unit/**/*.test.ts"] } },
      {
        extends: true,
        test: {
          name: "host",
          include: ["__tests__/host/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          // They wait more than they work.
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: { name: "oracle", include: ["__tests__/oracle/**/*.test.ts"], testTimeout: 120_000 },
      },
    ],
  },
});
