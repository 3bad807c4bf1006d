import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { archive } from "../../../src/host/archive.js";
import { manifestOf, releaseOf } from "../plan/support.js";
import { Scratch } from "./support.js";

const long = `${"d".repeat(90)}.container`;
const release = releaseOf(
  {
    "web.container": "[Container]\n# größe €\n",
    "web.container.d/a.conf": "[Container]\n",
    "systemd/web.service.d/override.conf": "[Service]\n",
    "empty.volume": "",
    [long]: "[Container]\n",
    [`${long}.d/${"c".repeat(90)}.conf`]: "[Container]\n",
  },
  { SECRET: "größe €", EMPTY: "" },
);
const names = ["manifest.json", "sums", ".env"];

test.each([["tar"], ["busybox"]])("%s unpacks it, whole and with its modes", async (program) => {
  using scratch = new Scratch();
  const command = program === "tar" ? [] : ["tar"];
  execFileSync(program, [...command, "-xof", "-", "-C", scratch.path], {
    input: await archive(release, manifestOf(release)),
  });
  const listed = execFileSync("find", [".", "-type", "f"], { cwd: scratch.path }).toString();
  const paths = release.files.map((file) =>
    file.place === "systemd" ? `systemd/${file.path}` : file.path,
  );
  expect(listed.trim().split("\n").sort()).toEqual(
    [...paths, ...names].map((name) => `./${name}`).sort(),
  );
  for (const [index, path] of paths.entries()) {
    expect(readFileSync(join(scratch.path, path), "utf8")).toBe(release.files[index]?.content);
    expect(statSync(join(scratch.path, path)).mode & 0o777).toBe(0o644);
  }
  expect(scratch.read(".env")).toBe("SECRET=größe €\nEMPTY=\n");
  expect(statSync(scratch.in(".env")).mode & 0o777).toBe(0o600);
  expect(JSON.parse(scratch.read("manifest.json"))).toEqual(manifestOf(release));
});

describe("sums", () => {
  const unpacked = async (scratch: Scratch) =>
    execFileSync("tar", ["-xf", "-", "-C", scratch.path], {
      input: await archive(release, manifestOf(release)),
    });

  test("hold for every file that sha256sum is asked about, and show no secret's digest", async () => {
    using scratch = new Scratch();
    await unpacked(scratch);
    const said = execFileSync("sha256sum", ["-c", "sums"], { cwd: scratch.path }).toString();
    expect(said.trim().split("\n")).toHaveLength(release.files.length + 1);
    expect(scratch.read("sums")).not.toContain(".env");
  });

  test("show what was changed on the way", async () => {
    using scratch = new Scratch();
    await unpacked(scratch);
    scratch.write("web.container", "[Container]\n");
    expect(() =>
      execFileSync("sha256sum", ["-c", "sums"], { cwd: scratch.path, stdio: "pipe" }),
    ).toThrow();
  });
});

test("the same release makes the same bytes", async () => {
  const manifest = manifestOf(release);
  expect(await archive(release, manifest)).toEqual(await archive(release, manifest));
});

test("a release without keys still has its .env", async () => {
  using scratch = new Scratch();
  const plain = releaseOf({ "a.container": "" });
  execFileSync("tar", ["-xf", "-", "-C", scratch.path], {
    input: await archive(plain, manifestOf(plain)),
  });
  expect(scratch.read(".env")).toBe("");
});
