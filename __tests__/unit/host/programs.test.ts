import { readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, test } from "vitest";
import { archive } from "../../../src/host/archive.js";
import { freeText } from "../../../src/host/events.js";
import { parseFacts } from "../../../src/host/facts.js";
import readEnv from "../../../src/host/programs/env.sh";
import factsProgram from "../../../src/host/programs/facts.sh";
import flip from "../../../src/host/programs/flip.sh";
import follow from "../../../src/host/programs/follow.sh";
import health from "../../../src/host/programs/health.sh";
import pull from "../../../src/host/programs/pull.sh";
import restart from "../../../src/host/programs/restart.sh";
import stepsProgram from "../../../src/host/programs/steps.sh";
import unpack from "../../../src/host/programs/unpack.sh";
import { hostWith, manifestOf, planFor, releaseOf, serviceState } from "../plan/support.js";
import { base64, dash, type Ran, runProgram, Scratch, type Shell, shells } from "./support.js";

/** steps.sh, for a transaction that has begun in the test's own directory. */
const steps = `QD_NEW=\${QD_NEW-yes} QD_APP=shop XDG_RUNTIME_DIR=$HOME/transaction
${stepsProgram.replace(/^transaction=.*$/m, "transaction=$HOME/transaction")}
scratch=$transaction/scratch
mkdir -p "$transaction/before" "$scratch" "$QD_STATE/releases"
`;

/** facts.sh and what it needs, without the last line, which runs it all. */
const facts = `${readEnv}\n${factsProgram.replace(/\nfacts\n$/, "\n")}`;

/**
 * Runs a check in every shell, each with a directory of its own.
 *
 * @param only BusyBox runs its own tools whatever stands before them in PATH, so that some can
 *   be replaced for dash alone
 */
function inEveryShell(
  name: string,
  check: (shell: Shell, scratch: Scratch) => Promise<void>,
  only?: "dash",
): void {
  for (const shell of shells) {
    if (only !== undefined && only !== shell.name) continue;
    test(`${name} (${shell.name})`, async () => {
      using scratch = new Scratch();
      await check(shell, scratch);
    });
  }
}

const said = (ran: Ran) => ran.events.map(({ name, fields }) => [name, ...fields].join(" "));

describe("the .env of a host, joined with a release's", () => {
  const kept = async (shell: Shell, scratch: Scratch, ours: string, theirs: string) => {
    scratch.write("ours", ours);
    scratch.write("theirs", theirs);
    return (await runProgram(shell, scratch, `${readEnv}\n${unpack}\nkept_env ours theirs`)).stdout;
  };

  const cases: readonly (readonly [name: string, ours: string, theirs: string, kept: string])[] = [
    ["keys that the release does not name", "A=1\n", "A=0\nB=2\nC=3\n", "B=2\nC=3\n"],
    [
      "values to the byte",
      "",
      "A= x \nB='q' \\n \"\nC=a=b#c\nD=\nE=größe\n",
      "A= x \nB='q' \\n \"\nC=a=b#c\nD=\nE=größe\n",
    ],
    ["a key is not the beginning of another", "AB=1\n", "A=1\nABC=2\nAB=3\n", "A=1\nABC=2\n"],
    [
      "comments go with the key below them",
      "A=1\n",
      "# of A\nA=0\n# of B\n; too\nB=2\n",
      "# of B\n; too\nB=2\n",
    ],
    [
      "a comment that a blank line parts is nobody's",
      "A=1\n",
      "# head\n\n# of B\nB=2\n",
      "# of B\nB=2\n",
    ],
    ["spaces before a key", "A=1\n", "  A=0\n\tB=2\n", "\tB=2\n"],
    [
      "lines that go on belong to their key",
      "A=1\n",
      'A="one\ntwo"\nB="three\nfour"\n',
      'B="three\nfour"\n',
    ],
    ["no last line end", "A=1\n", "B=2", "B=2\n"],
    ["the same key twice", "A=1\n", "B=1\nB=2\n", "B=1\nB=2\n"],
    [
      "lines that are no assignment",
      "A=1\n",
      "A=0\nexport B=2\n-----END KEY-----\n",
      "export B=2\n-----END KEY-----\n",
    ],
    ["nothing of ours", "", "B=2\n", "B=2\n"],
    ["nothing of theirs", "A=1\n", "", ""],
    ["names that awk might act on", "length=1\n", "length=0\nNR=2\n", "NR=2\n"],
    ["a value that printf might act on", "", "A=100%s\\t%%\n", "A=100%s\\t%%\n"],
  ];
  for (const [name, ours, theirs, expected] of cases) {
    inEveryShell(name, async (shell, scratch) => {
      expect(await kept(shell, scratch, ours, theirs)).toBe(expected);
    });
  }

  // Inside quotes, systemd takes blank lines and lines that start with # as they are.
  for (const [name, theirs] of [
    ["in double quotes", 'KEY="one\n\n# two\nA=three"\n'],
    ["in single quotes", "KEY='one\n\n# two\nA=three\\'\n"],
    ["with an escaped quote", 'KEY="one\\"\nA=two"\n'],
    ["in quotes that follow others", "KEY='one'\"two\nA=three\"\n"],
    ["continued by a backslash", "KEY=one\\\nA=two\\\n\\\n# three\n"],
  ] as const) {
    inEveryShell(`a value of several lines stays whole, ${name}`, async (shell, scratch) => {
      expect(await kept(shell, scratch, "A=1\n", theirs)).toBe(theirs);
    });
    inEveryShell(`and goes whole where it is ours, ${name}`, async (shell, scratch) => {
      const rest = "# of B\nB=1\n";
      expect(await kept(shell, scratch, "KEY=1\n", theirs + rest)).toBe(rest);
    });
  }
});

describe("the .env of a host, read as systemd reads it", () => {
  const read = async (shell: Shell, scratch: Scratch, text: string) => {
    scratch.write("env", text);
    const code = `read_env 'function assignment() { printf "%s=%s\\001", key, value }' <env`;
    const { stdout, stderr } = await runProgram(shell, scratch, `${readEnv}\n${code}`);
    expect(stderr).toBe("");
    return stdout.split("\x01").slice(0, -1);
  };
  const cases: readonly (readonly [text: string, assignments: readonly string[]])[] = [
    ["", []],
    ["A=1\nB=2", ["A=1", "B=2"]],
    ["  A = 1 2 \n\tB=\n", ["A=1 2", "B="]],
    ["A=1\r\nB='2'\r\n", ["A=1", "B=2"]],
    ["# A=1\n; B=2\n #C=3\nD=4 # 5\n", ["D=4 # 5"]],
    ["# A=1\\\nB=2\n", ["B=2"]],
    ["A='1 '\"2\" 3\n", ["A=1 23"]],
    ["A=1'2'\nB=it's\nC=3\n", ["A=1'2'", "B=it's", "C=3"]],
    ["A='1\n\n# 2\nB=3'\nC=4\n", ["A=1\n\n# 2\nB=3", "C=4"]],
    ['A="\\"\\\\\\$\\`\\n\\\n2"\nB=1\n', ['A="\\$`\\n2', "B=1"]],
    ["A='\\'\nB=1\n", ["A=\\", "B=1"]],
    ['A=\\"1\\ \\\n 2\nB=1\n', ['A="1  2', "B=1"]],
    ["A=1\\\n\\\nB=2\nC=3\n", ["A=1B=2", "C=3"]],
    ['A="1\nB=2\n', ["A=1\nB=2\n"]],
    ["A=1\\", ["A=1"]],
    ["export A='1\nB=2'\nnothing\nC=3\n", ["=1\nB=2", "=", "C=3"]],
    ["=1\n==2\n1A=3\nA-B=4\nÄ=5\n", ["=", "=2", "=3", "=4", "=5"]],
    ["A=größe %s $x `y` \\\\ &\n", ["A=größe %s $x `y` \\ &"]],
  ];
  for (const [text, expected] of cases) {
    inEveryShell(JSON.stringify(text), async (shell, scratch) => {
      expect(await read(shell, scratch, text)).toEqual(expected);
    });
  }
});

describe("unpacking", () => {
  const release = releaseOf(
    { "web.container": "[Container]\n", "systemd/web.service.d/a.conf": "" },
    { A: "1" },
  );
  const program = `${steps}\n${readEnv}\n${unpack}\nunpack\nmv "$staged" "$QD_STATE/releases/$QD_RELEASE"`;
  const prepare = async (scratch: Scratch, bytes?: Buffer) => ({
    QD_STATE: scratch.in("state"),
    QD_QDIR: scratch.in("quadlet"),
    QD_RELEASE: "R1",
    QD_ENV: "yes",
    QD_MANAGER: "system",
    QD_CARRY: "",
    archive: scratch.write(
      "transaction/release.tar",
      bytes ?? (await archive(release, manifestOf(release))),
    ),
  });

  inEveryShell(
    "keeps the host's keys, in a file that only its owner reads",
    async (shell, scratch) => {
      const parameters = await prepare(scratch);
      scratch.write("quadlet/.env", "A=0\n# mine\nSECRET=x", 0o600);
      const ran = await runProgram(shell, scratch, program, parameters);
      expect([ran.code, ran.stderr, said(ran)]).toEqual([0, "", ["step unpack"]]);
      expect(scratch.read("state/releases/R1/.env")).toBe("A=1\n# mine\nSECRET=x\n");
      expect(statSync(scratch.in("state/releases/R1/.env")).mode & 0o777).toBe(0o600);
      expect(scratch.read("state/releases/R1/sums")).toMatch(/^[0-9a-f]{64} {2}\.env$/m);
      expect(scratch.read("quadlet/.env")).toBe("A=0\n# mine\nSECRET=x");
    },
  );

  inEveryShell("leaves another app's .env alone", async (shell, scratch) => {
    const parameters = { ...(await prepare(scratch)), QD_ENV: "no" };
    scratch.write("quadlet/.env", "SECRET=x\n", 0o600);
    await runProgram(shell, scratch, program, parameters);
    expect(scratch.read("state/releases/R1/.env")).toBe("A=1\n");
  });

  inEveryShell("takes nothing that was changed on the way", async (shell, scratch) => {
    const bytes = await archive(release, manifestOf(release));
    bytes.write("[Contained]", bytes.indexOf("[Container]\n"));
    const ran = await runProgram(shell, scratch, program, await prepare(scratch, bytes));
    expect(ran.code).toBe(1);
    expect(said(ran)[1]).toMatch(/^fail unpack .* damaged /);
    expect(() => statSync(scratch.in("state/releases/R1"))).toThrow();
  });

  inEveryShell("takes nothing that was cut off", async (shell, scratch) => {
    const bytes = (await archive(release, manifestOf(release))).subarray(0, 700);
    const ran = await runProgram(shell, scratch, program, await prepare(scratch, bytes));
    expect(ran.code).toBe(1);
    expect(said(ran)[1]).toMatch(/^fail unpack /);
    expect(() => statSync(scratch.in("state/releases/R1"))).toThrow();
  });

  inEveryShell("units that stay although they left come along", async (shell, scratch) => {
    scratch.write("state/releases/R0/old.container", "[Container]\n");
    scratch.write("state/releases/R0/systemd/old.service.d/a b.conf", "[Service]\n");
    scratch.link("state/current", "releases/R0");
    const carried = "old.container\nsystemd/old.service.d/a b.conf";
    const parameters = { ...(await prepare(scratch)), QD_CARRY: carried };
    const ran = await runProgram(shell, scratch, program, parameters);
    expect([ran.code, said(ran)]).toEqual([0, ["step unpack"]]);
    expect(scratch.read("state/releases/R1/old.container")).toBe("[Container]\n");
    expect(scratch.read("state/releases/R1/systemd/old.service.d/a b.conf")).toBe("[Service]\n");
    expect(scratch.read("state/releases/R1/sums")).toMatch(/ {2}old\.container$/m);
    expect(scratch.read("state/releases/R1/sums")).toMatch(/ {2}systemd\/old.*a b\.conf$/m);
  });
});

describe("flipping", () => {
  const add = (scratch: Scratch, ...names: string[]) =>
    names.map((name) => `${scratch.in(`quadlet/${name}`)}\t../state/current/${name}`).join("\n");
  const parameters = (scratch: Scratch) => ({
    QD_STATE: scratch.in("state"),
    QD_QDIR: scratch.in("quadlet"),
    QD_RELEASE: "R2",
    QD_ENV: "yes",
    QD_MANAGER: "system",
    QD_STOP: "",
    QD_DIRECTORIES: "",
    QD_REMOVE: "",
    QD_ADD: "",
  });
  const prepare = (scratch: Scratch) => {
    scratch.stub("sync", "exit 0");
    for (const name of ["old.container", "same.container", ".env"])
      scratch.write(`state/releases/R1/${name}`, "1");
    for (const name of ["new.container", "same.container", ".env"])
      scratch.write(`state/releases/.R2/${name}`, "2");
    scratch.link("state/current", "releases/R1");
    for (const name of ["old.container", "same.container"])
      scratch.link(`quadlet/${name}`, `../state/current/${name}`);
  };
  const dangling = (scratch: Scratch) =>
    `find ${scratch.in("quadlet")} -type l ! -exec test -e {} \\; -print`;

  inEveryShell("one rename, and every link leads somewhere", async (shell, scratch) => {
    prepare(scratch);
    scratch.write("quadlet/.env", "SECRET=x\n", 0o600);
    const ran = await runProgram(
      shell,
      scratch,
      `${steps}\n${flip}\nstop_removed\nflip\n${dangling(scratch)}`,
      {
        ...parameters(scratch),
        QD_REMOVE: scratch.in("quadlet/old.container"),
        QD_ADD: add(scratch, "new.container", "new.container.d/a.conf", ".env").replace(
          "../state/current/new.container.d",
          "../../state/current",
        ),
        QD_DIRECTORIES: `${scratch.in("data/a b")}\n${scratch.in("data/c")}`,
      },
    );
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(said(ran)).toEqual(["step stop", "step unlink", "step flip", "flipped R2", "step link"]);
    expect(readlinkSync(scratch.in("state/current"))).toBe("releases/R2");
    expect(scratch.read("quadlet/same.container")).toBe("2");
    expect(scratch.read("quadlet/new.container")).toBe("2");
    expect(scratch.read("quadlet/.env")).toBe("2");
    expect(() => readlinkSync(scratch.in("quadlet/old.container"))).toThrow();
    expect(scratch.read("state/before/.env")).toBe("SECRET=x\n");
    expect(statSync(scratch.in("state/before/.env")).mode & 0o777).toBe(0o600);
    expect(statSync(scratch.in("data/a b")).isDirectory()).toBe(true);
  });

  inEveryShell(
    "before the flip no link of a removed file is left, after it those of added ones come",
    async (shell, scratch) => {
      prepare(scratch);
      // What a reader would see at each rename.
      scratch.stub(
        "mv",
        `${dangling(scratch)} >>${scratch.in("seen")}\nls -A ${scratch.in("quadlet")} | tr '\\n' ' ' >>${scratch.in("seen")}\necho "$@" | sed 's|.*/||' >>${scratch.in("seen")}\nPATH=${shell.path} exec mv "$@"`,
      );
      await runProgram(shell, scratch, `${steps}\n${flip}\nstop_removed\nflip`, {
        ...parameters(scratch),
        QD_REMOVE: scratch.in("quadlet/old.container"),
        QD_ADD: add(scratch, "new.container"),
      });
      expect(scratch.read("seen").split("\n").slice(0, -1)).toEqual([
        "same.container R2",
        "same.container current",
        "same.container new.container",
      ]);
    },
    "dash",
  );

  inEveryShell(
    "what cannot be written is told, with the path",
    async (shell, scratch) => {
      prepare(scratch);
      scratch.stub("mv", "echo 'mv: No space left on device' >&2; exit 1");
      const ran = await runProgram(
        shell,
        scratch,
        `${steps}\n${flip}\nstop_removed\nflip`,
        parameters(scratch),
      );
      expect(ran.code).toBe(1);
      const failed = ran.events.find(({ name }) => name === "fail");
      expect(failed?.fields.slice(0, 3)).toEqual(["flip", scratch.in("state"), "cannot-write"]);
      expect(failed && freeText(failed, 3)).toContain("No space left");
      expect(readlinkSync(scratch.in("state/current"))).toBe("releases/R1");
    },
    "dash",
  );

  for (const directory of ["units", "units.d"]) {
    inEveryShell(`${directory} stays, if it be empty; drop-ins' go`, async (shell, scratch) => {
      prepare(scratch);
      const names = ["old.container", "same.container", "same.container.d/a.conf"];
      for (const name of names) scratch.link(`${directory}/${name}`, "x");
      await runProgram(shell, scratch, `${steps}\n${flip}\nstop_removed\nflip`, {
        ...parameters(scratch),
        QD_QDIR: scratch.in(directory),
        QD_REMOVE: names.map((name) => scratch.in(`${directory}/${name}`)).join("\n"),
      });
      expect(readdirSync(scratch.in(directory))).toEqual([]);
    });
  }
});

describe("images", () => {
  const expand = async (shell: Shell, scratch: Scratch, env: string, image: string) => {
    scratch.write("staged/.env", env);
    const program = `${readEnv}\n${pull}\nstaged=staged\nexpand "$IMAGE"`;
    return (await runProgram(shell, scratch, program, { IMAGE: image })).stdout;
  };
  const env =
    "GITEA_REGISTRY=r.example.com:3000\nIMAGE_NAME=org/app\nIMAGE_TAG=old\nIMAGE_TAG=v2\nXIMAGE_TAG=x\n";

  for (const [image, expected] of [
    ["docker.io/library/redis:7", "docker.io/library/redis:7"],
    [`\${GITEA_REGISTRY}/\${IMAGE_NAME}:\${IMAGE_TAG}`, "r.example.com:3000/org/app:v2"],
    [`a\${IMAGE_TAG}b\${IMAGE_TAG}c`, "av2bv2c"],
    [`r/a:\${NOWHERE}`, "r/a:"],
    ["r/a:$IMAGE_TAG", "r/a:$IMAGE_TAG"],
    [`r/a:\${IMAGE_TAG`, `r/a:\${IMAGE_TAG`],
    ["r/a@sha256:abc", "r/a@sha256:abc"],
    ["*", "*"],
  ] as const) {
    inEveryShell(`expand ${image}`, async (shell, scratch) => {
      expect(await expand(shell, scratch, env, image)).toBe(expected);
    });
  }

  // systemd would: it takes the quotes away, and the spaces before the key.
  inEveryShell("expand from an .env that a human wrote", async (shell, scratch) => {
    const human = '  NAME=\'org/app\'\nTAG="v2"\nKEY="\nTAG=v3\n"\n';
    expect(await expand(shell, scratch, human, `r/\${NAME}:\${TAG}`)).toBe("r/org/app:v2");
  });

  const podman = `case "$1 $2" in
    "image exists") grep -qxF "$3" "$HOME/has" ;;
    "image inspect")
      case $4 in
        *Digest*) echo "$5" >>"$HOME/inspected"; printf 'id-%s\\tsha256:%s\\n' "$5" "$5" ;;
        *) ! grep -qxF "$5" "$HOME/has" || printf 'old-%s\\n' "$5" ;;
      esac ;;
    "tag "*) echo "$2 $3" >>"$HOME/tagged" ;;
    "pull --quiet") echo "$3" >>"$HOME/pulled"; case $3 in *broken*) echo "manifest unknown" >&2; exit 125 ;; esac ;;
  esac`;
  const pulling = async (shell: Shell, scratch: Scratch, policy: string, ...images: string[]) => {
    scratch.stub("podman", podman);
    scratch.write("has", "r/has:1\nlocalhost/has:1\n");
    scratch.write("pulled", "");
    scratch.write("inspected", "");
    scratch.write("state/current/.env", "TAG=1\n");
    const program = `${steps}\n${readEnv}\n${pull}\nstaged=$QD_STATE/current\npull`;
    const ran = await runProgram(shell, scratch, program, {
      QD_STATE: scratch.in("state"),
      QD_RELEASE: "R1",
      QD_PULL: policy,
      QD_MANAGER: "system",
      QD_HEALTH_URL: "http://h/",
      QD_HEALTH_STATUS: "200-200",
      QD_IMAGES: images.map((image, index) => `s${index}.service\t${image}`).join("\n"),
    });
    const lines = (name: string) => scratch.read(name).split("\n").filter(Boolean).sort();
    return { ran, pulled: lines("pulled"), inspected: lines("inspected") };
  };

  for (const [policy, expected] of [
    ["always", ["r/has:1", "r/new:1"]],
    ["missing", ["r/new:1"]],
  ] as const) {
    inEveryShell(`pull: ${policy}, each image once`, async (shell, scratch) => {
      const { ran, pulled, inspected } = await pulling(
        shell,
        scratch,
        policy,
        "r/has:1",
        `r/new:\${TAG}`,
        "r/new:1",
        "localhost/has:1",
      );
      expect(pulled).toEqual(expected);
      expect(inspected).toEqual(["localhost/has:1", "r/has:1", "r/new:1"]);
      expect(said(ran)).toEqual([
        "step pull",
        "image s0.service r/has:1 id-r/has:1 sha256:r/has:1",
        "image s1.service r/new:1 id-r/new:1 sha256:r/new:1",
        "image s2.service r/new:1 id-r/new:1 sha256:r/new:1",
        "image s3.service localhost/has:1 id-localhost/has:1 sha256:localhost/has:1",
      ]);
    });
  }

  inEveryShell("pull: never", async (shell, scratch) => {
    const { ran, pulled } = await pulling(shell, scratch, "never", "r/has:1", "r/new:1");
    expect([ran.code, pulled]).toEqual([1, []]);
    expect(ran.events.at(-1)?.fields.slice(0, 3)).toEqual(["pull", "r/new:1", "no-image"]);
  });

  inEveryShell("an image that does not exist, with what podman said", async (shell, scratch) => {
    const { ran } = await pulling(shell, scratch, "always", "r/has:1", "r/broken:1");
    expect(ran.code).toBe(1);
    expect(ran.events.at(-1)?.fields).toEqual([
      "pull",
      "r/broken:1",
      "no-image",
      base64("manifest unknown"),
    ]);
  });

  inEveryShell("no image at all", async (shell, scratch) => {
    const { ran } = await pulling(shell, scratch, "always");
    expect([ran.code, said(ran)]).toEqual([0, ["step pull"]]);
  });
});

describe("images of a release", () => {
  const podman = `case "$1 $2" in
    "image exists") [ "$3" != gone ] ;;
    "image inspect") case $4 in *Digest*) printf 'id\\tsha256:d\\n' ;; *) echo before ;; esac ;;
    "pull --quiet") echo "pull $3" >>"$HOME/did" ;;
    "tag "*) echo "tag $2 $3" >>"$HOME/did" ;;
  esac`;
  const returning = async (shell: Shell, scratch: Scratch, recorded: string) => {
    scratch.stub("podman", podman);
    scratch.write("did", "");
    scratch.write("state/releases/R1/.env", "");
    scratch.write("state/releases/R1/images", recorded);
    const ran = await runProgram(shell, scratch, `${steps}\n${readEnv}\n${pull}\npull`, {
      QD_STATE: scratch.in("state"),
      QD_NEW: "switch",
      QD_RELEASE: "R1",
      QD_PULL: "recorded",
      QD_MANAGER: "system",
      QD_IMAGES: "a.service\tr:3000/a:1",
    });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    return scratch.read("did");
  };

  inEveryShell("a return takes the very image, by its ID", async (shell, scratch) => {
    const did = await returning(shell, scratch, "a.service\tr:3000/a:1\there\tsha256:x\n");
    expect(did).toBe("tag here r:3000/a:1\n");
    expect(scratch.read("transaction/before/image.1")).toBe("r:3000/a:1\tbefore\n");
  });

  inEveryShell("or by its digest, where it is gone", async (shell, scratch) => {
    const did = await returning(shell, scratch, "a.service\tr:3000/a:1\tgone\tsha256:x\n");
    expect(did).toBe("pull r:3000/a@sha256:x\ntag gone r:3000/a:1\n");
  });

  inEveryShell("or what the name stands for, where none was recorded", async (shell, scratch) => {
    expect(await returning(shell, scratch, "")).toBe("");
  });
});

describe("states of services", () => {
  const held = { QD_HOLD: "no", QD_PENDING: "", QD_RECREATE: "", QD_RECREATE_SERVICES: "" };
  const show = [
    "Id=web.service",
    "ActiveState=active",
    "SubState=running",
    "Result=success",
    "NRestarts=2",
    "InactiveExitTimestampMonotonic=1000000",
    "ActiveEnterTimestampMonotonic=3500000",
    "",
    "Id=db.service",
    "ActiveState=failed",
    "SubState=failed",
    "Result=exit-code",
    "NRestarts=0",
    "InactiveExitTimestampMonotonic=1000000",
    "ActiveEnterTimestampMonotonic=0",
  ].join("\n");
  const program = `${steps}\n${pull}\n${restart}`;
  const parameters = (scratch: Scratch) => ({
    QD_STATE: scratch.in("state"),
    QD_RELEASE: "R1",
    QD_MANAGER: "system",
    QD_WATCHED: "web.service db.service",
    QD_HEALTH_TIMEOUT: "0",
    QD_STABLE_FOR: "0",
  });

  inEveryShell("are said where they changed", async (shell, scratch) => {
    scratch.write("show", `${show}\n`);
    scratch.stub("systemctl", `echo "$@" >>"$HOME/asked"; cat "$HOME/show"`);
    const ran = await runProgram(
      shell,
      scratch,
      `${program}\ntell_states "$QD_WATCHED"\ntell_states "$QD_WATCHED"\nsed -i 's/failed$/activating/' "$HOME/show"\ntell_states "$QD_WATCHED"\nprintf 'down: %s\\n' "$(down)"`,
      parameters(scratch),
    );
    expect(said(ran)).toEqual([
      "state web.service active running success 2 2500",
      "state db.service failed failed exit-code 0 -1000",
      "state db.service activating activating exit-code 0 -1000",
    ]);
    expect(ran.stdout).toContain("down: db.service \n");
    expect(scratch.read("asked")).toMatch(
      /^--system --no-ask-password show .* web\.service db\.service\n/,
    );
  });

  inEveryShell(
    "a service that is started again and again is not steady",
    async (shell, scratch) => {
      scratch.write("show", `${show}\n`);
      scratch.stub("systemctl", `cat "$HOME/show"`);
      const ran = await runProgram(
        shell,
        scratch,
        `${program}
fail_services() { printf 'unsteady: %s %s\\n' "$1" "$2"; }
tell_states "$QD_WATCHED"; cp "$scratch/states" "$scratch/settled"; stable=0 restarted=web.service
sed -i 's/NRestarts=2/NRestarts=3/' "$HOME/show"
stay_up`,
        parameters(scratch),
      );
      expect(ran.stdout).toContain("unsteady: crash-loop web.service db.service \n");
    },
  );

  inEveryShell(
    "waiting ends where one failed, and where the time is over",
    async (shell, scratch) => {
      scratch.write("state/releases/R1/.env", "");
      scratch.link("state/current", "releases/R1");
      scratch.write("show", `${show}\n`);
      scratch.stub("systemctl", `cat "$HOME/show"`);
      const stub = "fail_services() { printf 'ended: %s\\n' \"$1\"; exit 1; }\nsettle";
      const failed = await runProgram(shell, scratch, `${program}\n${stub}`, parameters(scratch));
      expect(failed.stdout).toContain("ended: service-failed\n");
      scratch.write("show", show.replaceAll("failed", "activating"));
      const slow = await runProgram(shell, scratch, `${program}\n${stub}`, parameters(scratch));
      expect(slow.stdout).toContain("ended: not-active\n");
      scratch.write("show", show.replaceAll("failed", "active"));
      const up = await runProgram(
        shell,
        scratch,
        `${program}\n${stub}\necho up`,
        parameters(scratch),
      );
      expect(up.stdout).toContain("up\n");
    },
  );

  for (const [name, job, again, services, touched, ended] of [
    ["a job that went well", 0, 1, "web.service", "old.service web.service", "on\n"],
    ["a job that failed", 1, 1, "web.service", "old.service web.service", "ended: job-failed\n"],
    ["a job that failed once", 1, 0, "web.service", "old.service web.service", "on\n"],
    ["only a tag that moved", 0, 1, "", "old.service", "on\n"],
  ] as const) {
    inEveryShell(`${name}: what was touched is remembered`, async (shell, scratch) => {
      scratch.write("transaction/before/containers", "old.service\tid1\nsame.service\tid2\n");
      scratch.write(
        "transaction/images",
        "old.service\tr/a:1\tsha256:id3\t\nsame.service\tr/b:1\tsha256:id2\t\n",
      );
      scratch.write("show", `${show}\n`);
      scratch.stub(
        "systemctl",
        `case $* in *" restart "*) exit ${job} ;; *" start "*) exit ${again} ;; esac; cat "$HOME/show"`,
      );
      const ran = await runProgram(
        shell,
        scratch,
        `${program}\nfail_services() { printf 'ended: %s\\n' "$1"; exit 1; }\nrestart\necho on`,
        { ...parameters(scratch), ...held, QD_RESTART: services },
      );
      expect(ran.stdout).toContain(ended);
      expect(said(ran).slice(0, 2)).toEqual(["step restart", `restarting ${touched}`]);
      expect(scratch.read("transaction/touched")).toBe(touched);
    });
  }

  inEveryShell("nothing to restart is no step", async (shell, scratch) => {
    scratch.write("transaction/before/containers", "");
    scratch.write("transaction/images", "");
    const more = { ...parameters(scratch), ...held, QD_RESTART: "" };
    const ran = await runProgram(shell, scratch, `${program}\nrestart\nstay_up`, more);
    expect([ran.code, ran.stderr, said(ran)]).toEqual([0, "", []]);
    expect(() => statSync(scratch.in("transaction/touched"))).toThrow();
  });
});

describe("a deploy that was called off", () => {
  const decide = (word: string) => `decide "$transaction" ${word}`;
  const verdict = (shell: Shell, scratch: Scratch, code: string) =>
    runProgram(shell, scratch, `${steps}\nwords "$transaction"\n${code}`, {
      QD_STATE: scratch.in("state"),
      QD_RELEASE: "R1",
    });

  inEveryShell("ends at its next step, and says so", async (shell, scratch) => {
    const ran = await verdict(shell, scratch, `${decide("revert")}\nforward pull\necho on`);
    expect([ran.code, said(ran)]).toEqual([1, ["step pull", "called-off"]]);
  });

  inEveryShell("the first word counts, whoever says it", async (shell, scratch) => {
    const ran = await verdict(
      shell,
      scratch,
      `${decide("commit")}\n${decide("revert")}\nforward pull`,
    );
    expect([ran.code, ran.stdout.split("\n").slice(0, 2)]).toEqual([0, ["commit", "commit"]]);
  });
});

describe("time", () => {
  for (const [uptime, expected] of [
    ["12345.67", "1234567"],
    ["0.08", "8"],
    ["9.09", "909"],
    ["100.00", "10000"],
  ] as const) {
    inEveryShell(
      `up for ${uptime} s: in hundredths, and no octal number`,
      async (shell, scratch) => {
        const program = steps.replace("/proc/uptime", scratch.write("uptime", `${uptime} 1.00\n`));
        const ran = await runProgram(shell, scratch, `${program}\nnow`, {
          QD_STATE: scratch.in("state"),
          QD_RELEASE: "R1",
        });
        expect([ran.stdout, ran.stderr]).toEqual([expected, ""]);
      },
    );
  }

  inEveryShell("a pause ends at its deadline", async (shell, scratch) => {
    const program = `${steps}\nsleep() { printf '%s\\n' "$1"; }\nnow() { echo 1000; }\n`;
    const ran = await runProgram(
      shell,
      scratch,
      `${program}pause 30 2000; pause 30 1007; pause 200 2000; pause 30 1000; pause 30 900`,
      { QD_STATE: scratch.in("state"), QD_RELEASE: "R1" },
    );
    expect(ran.stdout).toBe("0.30\n0.07\n2.00\n");
  });
});

describe("facts", () => {
  const parameters = (scratch: Scratch) => ({
    QD_APP: "shop",
    QD_QDIR: "%h/quadlet",
    QD_ROOT: "%h/quadlet",
    QD_UDIR: "%h/systemd",
    QD_STATE: "%h/state",
    QD_NONCE: "nonce",
    QD_SERVICES: "web.service db.service",
    QD_SECRETS: "db_password\nnone",
    QD_MANAGER: "system",
    HOME: scratch.path,
  });
  const prepare = (scratch: Scratch) => {
    scratch.stub(
      "podman",
      `case "$*" in *secret*db_password) echo 1700000100 ;; *secret*) exit 125 ;; *) echo podman version 5.4.2 ;; esac`,
    );
    scratch.stub("systemd-run", "exit 1");
    const idle = (name: string) =>
      `Id=quadlet-deploy${name}@shop.service\nActiveState=inactive\nDescription=x\n`;
    scratch.write("lock", `${idle("")}\n${idle("-guard")}`);
    scratch.stub(
      "systemctl",
      `case $* in *version*) echo "systemd 257 (257.7-1)"; echo "+PAM" ;; *quadlet-deploy@shop*) cat "$HOME/lock" ;; *) printf 'Id=web.service\\nLoadState=loaded\\nActiveState=active\\nSubState=running\\nFragmentPath=/run/g/web.service\\nSourcePath=/q/web.container\\nActiveEnterTimestamp=@1700000000\\n\\nId=db.service\\nLoadState=not-found\\nActiveState=inactive\\nSubState=dead\\n' ;; esac`,
    );
  };
  const read = async (shell: Shell, scratch: Scratch) => {
    const ran = await runProgram(shell, scratch, `${facts}\nfacts`, parameters(scratch));
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    return parseFacts("web", "nonce", ran.events);
  };

  inEveryShell("of a host that nothing was deployed to", async (shell, scratch) => {
    prepare(scratch);
    const root = realpathSync(scratch.path);
    expect(await read(shell, scratch)).toMatchObject({
      owner: { home: scratch.path, uid: process.getuid?.() },
      podman: "5.4.2",
      systemd: "257",
      quadlet: { path: scratch.in("quadlet"), real: `${root}/quadlet`, writable: true },
      systemdDir: { path: scratch.in("systemd"), writable: true },
      state: { path: scratch.in("state"), writable: true },
      entries: new Map(),
      sums: new Map(),
      env: new Map(),
      services: new Map([
        [
          "web.service",
          serviceState("active", "running", {
            fragment: "/run/g/web.service",
            source: "/q/web.container",
            since: 1700000000,
          }),
        ],
        ["db.service", serviceState("inactive", "dead", { load: "not-found" })],
      ]),
      secrets: new Map([["db_password", 1700000100]]),
      pending: new Map(),
    });
  });

  inEveryShell("who holds the lock, and for how long", async (shell, scratch) => {
    prepare(scratch);
    scratch.write(
      "lock",
      "Id=quadlet-deploy@shop.service\nActiveState=active\nDescription=senex, https://h/?a=b\nActiveEnterTimestampMonotonic=1000000\n",
    );
    const { holder } = await read(shell, scratch);
    expect(holder?.description).toBe("senex, https://h/?a=b");
    expect(holder?.age).toBeGreaterThan(0);
  });

  inEveryShell(
    "what was deployed is found again: the plan has nothing to do",
    async (shell, scratch) => {
      prepare(scratch);
      const release = releaseOf(
        {
          "web.container": "[Container]\nImage=a:1\n",
          "web.container.d/a.conf": "",
          "systemd/web.service.d/b c.conf": "x",
        },
        { A: "1", EMPTY: "", SPECIAL: "a=b # ' $x %s ü" },
      );
      for (const file of release.files) {
        const inRelease = file.place === "systemd" ? `systemd/${file.path}` : file.path;
        scratch.write(`state/releases/R1/${inRelease}`, file.content);
      }
      scratch.write("state/releases/R1/manifest.json", JSON.stringify(manifestOf(release)));
      scratch.write("state/releases/R1/sums", "x");
      scratch.write(
        "state/releases/R1/.env",
        "A=1\nEMPTY=\nSPECIAL=a=b # ' $x %s ü\n# comment\nSECRET=hunter2-hunter2",
      );
      scratch.link("state/current", "releases/R1");
      scratch.link("quadlet/.env", "../state/current/.env");
      scratch.link("quadlet/web.container", "../state/current/web.container");
      scratch.link("quadlet/web.container.d/a.conf", "../../state/current/web.container.d/a.conf");
      scratch.link(
        "systemd/web.service.d/b c.conf",
        "../../state/current/systemd/web.service.d/b c.conf",
      );
      scratch.write("quadlet/other app/plain.container", "");
      const found = await read(shell, scratch);
      expect(found.current).toBe("R1");
      expect([...found.entries].sort()).toEqual([
        [scratch.in("quadlet/.env"), { target: "../state/current/.env" }],
        [scratch.in("quadlet/other app/plain.container"), {}],
        [scratch.in("quadlet/web.container"), { target: "../state/current/web.container" }],
        [
          scratch.in("quadlet/web.container.d/a.conf"),
          { target: "../../state/current/web.container.d/a.conf" },
        ],
        [
          scratch.in("systemd/web.service.d/b c.conf"),
          { target: "../../state/current/systemd/web.service.d/b c.conf" },
        ],
      ]);
      // On this side of the connection, Quadlet's own directories are the ones that count.
      expect(found.releases).toEqual(["R1"]);
      const planned = planFor(release, {
        ...hostWith(release),
        sums: found.sums,
        env: found.env,
      });
      expect(planned.files.map(({ change }) => change)).toEqual([
        "unchanged",
        "unchanged",
        "unchanged",
      ]);
      expect(planned.env).toMatchObject({
        set: [],
        unchanged: ["A", "EMPTY", "SPECIAL"],
        kept: ["SECRET"],
      });
      expect(planned.change).toBe("none");
    },
  );

  inEveryShell("no value leaves the host", async (shell, scratch) => {
    prepare(scratch);
    scratch.write("quadlet/.env", "A=hunter2-hunter2\nB='hunter2\n  C = x\nhunter2-hunter2\n");
    const { stdout } = await runProgram(shell, scratch, `${facts}\nfacts`, parameters(scratch));
    expect(stdout).not.toContain("hunter2");
  });

  // A line of base64 in a value of several lines looks like a key, and is none.
  inEveryShell("no part of a value leaves the host as a key", async (shell, scratch) => {
    prepare(scratch);
    scratch.write(
      "quadlet/.env",
      'KEY="-----BEGIN KEY-----\nq83vEjRWeJCrze8SNFZ4kKvN7w==\n-----END KEY-----"\n',
    );
    const { stdout } = await runProgram(shell, scratch, `${facts}\nfacts`, parameters(scratch));
    expect(stdout).not.toContain("q83vEjRW");
    expect([...(await read(shell, scratch)).env.keys()]).toEqual(["KEY"]);
  });

  // kept_env and systemd take such a line as the key that it is.
  inEveryShell("a key behind spaces is one", async (shell, scratch) => {
    prepare(scratch);
    scratch.write("quadlet/.env", "  A=1\n");
    expect([...(await read(shell, scratch)).env.keys()]).toEqual(["A"]);
  });

  inEveryShell("Podman that is missing, and Podman that does not run", async (shell, scratch) => {
    prepare(scratch);
    scratch.stub("podman", "echo 'error while loading shared libraries' >&2; exit 127");
    const ran = await runProgram(shell, scratch, `${facts}\nfacts`, parameters(scratch));
    expect(ran.code).toBe(1);
    expect(ran.events.at(-1)?.fields.slice(0, 3)).toEqual(["facts", "podman", "podman-fails"]);
  });
});

describe("health, as the host asks", () => {
  const serve = async (
    answer: (
      url: string,
      asked: number,
    ) => { status: number; body?: string; headers?: Record<string, string> },
    use: (port: number, requests: string[]) => Promise<void>,
    host = "127.0.0.1",
  ) => {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(
        `${request.method} ${request.url} ${request.headers.host} ${request.headers["user-agent"]}`,
      );
      const { status, body = "", headers = {} } = answer(request.url ?? "", requests.length);
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    try {
      await use((server.address() as AddressInfo).port, requests);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };
  const program = `${steps}\n${health}\ntell_states() { cat "$HOME/states" >"$scratch/states"; }\nfail_services() { say failed "$1" "$(text "$2")"; exit 1; }\nhealth`;
  const parameters = (scratch: Scratch, url: string, more = {}) => ({
    QD_STATE: scratch.in("state"),
    QD_RELEASE: "R1",
    QD_MANAGER: "system",
    QD_WATCHED: "web.service",
    QD_HEALTH_URL: url,
    QD_HEALTH_TIMEOUT: "500",
    QD_HEALTH_INTERVAL: "1",
    QD_HEALTH_SUCCESSES: "2",
    QD_HEALTH_STATUS: "200-200 300-304",
    ...more,
  });
  // With curl and, where it is missing, with bash; BusyBox has neither.
  for (const client of ["curl", "bash"]) {
    const ask = (scratch: Scratch, url: string, more = {}, state = "active") => {
      const hidden =
        client === "bash" ? 'command() { [ "$2" != curl ] && [ "$2" = bash ]; }\n' : "";
      scratch.write("states", `web.service\t${state}\tdead\texit-code\t5\t1\n`);
      return runProgram(dash, scratch, hidden + program, parameters(scratch, url, more));
    };

    test(`${client}: successes in a row`, async () => {
      using scratch = new Scratch();
      const status = [503, 200, 500, 200, 200];
      await serve(
        (_, asked) => ({ status: status[asked - 1] ?? 200, body: "ok\n" }),
        async (port, requests) => {
          const ran = await ask(scratch, `http://127.0.0.1:${port}/health/?full=1`);
          expect(ran.code).toBe(0);
          expect(said(ran)).toEqual([
            "step health",
            "answer 503 ",
            "answer 200 ",
            "answer 500 ",
            "answer 200 ",
            `healthy 200 ${base64("ok\n")}`,
          ]);
          expect(requests[0]).toBe(`GET /health/?full=1 127.0.0.1:${port} quadlet-deploy`);
        },
      );
    });

    test(`${client}: a redirect is not followed, and shown where it is refused`, async () => {
      using scratch = new Scratch();
      await serve(
        () => ({ status: 302, body: "moved", headers: { location: "https://login.example.com/" } }),
        async (port, requests) => {
          expect((await ask(scratch, `http://127.0.0.1:${port}/`)).code).toBe(0);
          expect(requests).toHaveLength(2);
          const refused = await ask(scratch, `http://127.0.0.1:${port}/`, {
            QD_HEALTH_STATUS: "200-200",
            QD_HEALTH_TIMEOUT: "0",
          });
          expect(said(refused)).toEqual([
            "step health",
            "answer 302 ",
            `response 302 ${base64("https://login.example.com/\n")} ${base64("moved")}`,
            "failed unhealthy ",
          ]);
        },
      );
    });

    test(`${client}: a service that systemd has given up is not waited for`, async () => {
      using scratch = new Scratch();
      const url = "http://127.0.0.1:1/";
      const ran = await ask(scratch, url, { QD_HEALTH_TIMEOUT: "6000" }, "failed");
      expect([ran.code, said(ran)]).toEqual([1, ["step health", "failed service-failed "]]);
    });

    test(`${client}: nobody listens`, async () => {
      using scratch = new Scratch();
      const ran = await ask(scratch, "http://127.0.0.1:9/", { QD_HEALTH_TIMEOUT: "0" });
      expect(ran.code).toBe(1);
      expect(ran.events.map(({ name }) => name)).toEqual(["step", "answer", "response", "failed"]);
      expect(freeText(ran.events.at(-1) ?? { name: "", fields: [] }, 1)).toMatch(
        /refused|Failed to connect|Couldn't connect/i,
      );
    });

    test(`${client}: a URL without a path`, async () => {
      using scratch = new Scratch();
      await serve(
        (url) => ({ status: url === "/" ? 200 : 404 }),
        async (port) => {
          const more = { QD_HEALTH_TIMEOUT: "0", QD_HEALTH_SUCCESSES: "1" };
          expect((await ask(scratch, `http://127.0.0.1:${port}`, more)).code).toBe(0);
        },
      );
    });

    test(`${client}: what a URL may hold is no pattern`, async () => {
      using scratch = new Scratch();
      await serve(
        () => ({ status: 200 }),
        async (port, requests) => {
          const more = { QD_HEALTH_SUCCESSES: "1" };
          await ask(scratch, `http://127.0.0.1:${port}/a[1-2]?b={c,d}`, more);
          expect(requests).toEqual([`GET /a[1-2]?b={c,d} 127.0.0.1:${port} quadlet-deploy`]);
        },
      );
    });

    test(`${client}: a server that never answers takes no longer than is left`, async () => {
      using scratch = new Scratch();
      const server = createTcpServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const began = performance.now();
      const { port } = server.address() as AddressInfo;
      const ran = await ask(scratch, `http://127.0.0.1:${port}/`, { QD_HEALTH_TIMEOUT: "150" });
      expect(performance.now() - began).toBeLessThan(3000);
      expect(ran.code).toBe(1);
      expect(freeText(ran.events.at(-1) ?? { name: "", fields: [] }, 1)).toMatch(
        /timed out|no answer within 1\.\d\d s/,
      );
      server.close();
    });

    test(`${client}: IPv6, a long body, and what a terminal might act on`, async () => {
      using scratch = new Scratch();
      await serve(
        () => ({ status: 200, body: `\x1b[31m${"x".repeat(100_000)}` }),
        async (port) => {
          const ran = await ask(scratch, `http://[::1]:${port}/health/`);
          const healthy = ran.events.find(({ name }) => name === "healthy");
          const body = freeText(healthy ?? { name: "", fields: [] }, 1);
          expect(body).toMatch(/^x+$/);
          expect(body.length).toBeLessThanOrEqual(1024);
        },
        "::1",
      );
    });
  }

  test("bash: the parts of a URL", async () => {
    using scratch = new Scratch();
    // What bash would connect to and send.
    scratch.stub("bash", 'shift 3; printf "%s\\n" "$@" >"$HOME/asked"');
    for (const [url, ...parts] of [
      ["http://h", "h", "80", "", "h"],
      ["http://h/", "h", "80", "", "h"],
      ["http://h:8000", "h", "8000", "", "h:8000"],
      ["http://h:8000/a/?b=c:1#d", "h", "8000", "a/?b=c:1", "h:8000"],
      ["http://h?b=/c", "h", "80", "?b=/c", "h"],
      ["http://[::1]/a", "::1", "80", "a", "[::1]"],
      ["http://[::1]", "::1", "80", "", "[::1]"],
      ["http://[fe80::1%eth0]:8000/", "fe80::1%eth0", "8000", "", "[fe80::1%eth0]:8000"],
      ["http://user:pass@h:8000/a@b", "h", "8000", "a@b", "h:8000"],
    ] as const) {
      await runProgram(
        dash,
        scratch,
        `command() { [ "$2" = bash ]; }\n${steps}\n${health}\nhttp_get "$URL" 10`,
        { ...parameters(scratch, ""), URL: url },
      );
      expect([url, ...scratch.read("asked").split("\n").slice(0, -1)]).toEqual([url, ...parts]);
    }
  });

  test("no health asked for", async () => {
    using scratch = new Scratch();
    for (const shell of shells) {
      const ran = await runProgram(shell, scratch, program, parameters(scratch, ""));
      expect([ran.code, ran.events]).toEqual([0, []]);
    }
  });

  test("a host that can ask nobody says so", async () => {
    using scratch = new Scratch();
    for (const [url, has] of [
      ["https://h/", "bash"],
      ["http://h/", "nothing"],
    ]) {
      const ran = await runProgram(
        dash,
        scratch,
        `command() { [ "$2" = ${has} ]; }\n${program}`,
        parameters(scratch, url as string),
      );
      expect(ran.events.at(-1)?.fields.slice(0, 3)).toEqual(["health", url, "no-http-client"]);
    }
  });
});

describe("following a transaction's log", () => {
  const folder = "transactions/one";
  /** What it says of a log whose pieces, after the first, are written while it is followed. */
  const followed = async (shell: Shell, scratch: Scratch, from: number, ...pieces: string[]) => {
    const [there = "", ...later] = pieces.map((piece) => piece.replaceAll(" ", "\t"));
    scratch.write(`${folder}/events`, there);
    // Its unit runs.
    scratch.stub("systemctl", "echo active");
    later.forEach((piece, index) => {
      scratch.write(`later/${index}`, piece);
    });
    const writer = `for piece in later/*; do [ -e "$piece" ] || break; sleep 0.15; cat "$piece" >>${folder}/events; done &`;
    const ran = await runProgram(shell, scratch, `${writer}\n${follow}\nfollow`, {
      QD_STATE: scratch.path,
      QD_TRANSACTION: "one",
      QD_MANAGER: "system",
      QD_UNIT: "unit",
      QD_GUARD: "guard",
      QD_FROM: String(from),
    });
    return said(ran);
  };

  inEveryShell("tells every line once it is whole, to the end", async (shell, scratch) => {
    const pieces = [" step pull\n im", "age a\\b", "  c \n step apply\n", " end ok\n"];
    expect(await followed(shell, scratch, 0, ...pieces)).toEqual([
      "log step pull",
      "log image a\\b  c ",
      "log step apply",
      "log end ok",
    ]);
  });

  inEveryShell(
    "goes on where it was, past a question that was answered",
    async (shell, scratch) => {
      const pieces = [" step pull\n step confirm\n", " step tidy\n", " end ok\n"];
      expect(await followed(shell, scratch, 2, ...pieces)).toEqual(["log step tidy", "log end ok"]);
      expect(await followed(shell, scratch, 0, pieces[0] ?? "")).toEqual([
        "log step pull",
        "log step confirm",
      ]);
    },
  );

  inEveryShell("does not stop at a question that nobody asks any more", async (shell, scratch) => {
    const log = " step pull\n step confirm\n end failed\n";
    expect(await followed(shell, scratch, 0, log)).toEqual([
      "log step pull",
      "log step confirm",
      "log end failed",
    ]);
  });

  inEveryShell("says that there is no log", async (shell, scratch) => {
    const parameters = { QD_STATE: scratch.path, QD_TRANSACTION: "two", QD_FROM: "0" };
    expect(said(await runProgram(shell, scratch, `${follow}\nfollow`, parameters))).toEqual([
      "absent",
    ]);
  });
});
