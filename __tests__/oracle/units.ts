/** Units of our own, good and bad, for the local check and for Podman's generators. */

export interface Case {
  readonly name: string;
  /** The set, by path: `web.container`, `systemd/web.service.d/a.conf`. */
  readonly files: Readonly<Record<string, string>>;
  /** The Podman that it takes, where 5.4 does not do. */
  readonly podman?: "5.8";
  /** Whether an older one takes it all the same, and leaves out in silence what it does not know. */
  readonly silent?: boolean;
  /** What the local check says of it, where it is bad. */
  readonly rule?: string;
  /** Whether it is for a user's manager. */
  readonly rootless?: boolean;
}

const image = "Image=registry.example/shop/web:1.2.3";
const container = (...lines: readonly string[]) => `[Container]\n${image}\n${lines.join("\n")}\n`;
const plain = container();

/** A container with one more key each. */
const containerKeys = [
  "AddCapability=CAP_NET_BIND_SERVICE CAP_CHOWN",
  "AddDevice=-/dev/null",
  "AddHost=db.internal:10.0.0.7",
  "Annotation=example.owner=shop",
  "AutoUpdate=registry",
  "CgroupsMode=split",
  "ContainerName=shop-web",
  "DNS=10.0.0.2",
  "DNSOption=ndots:1",
  "DNSSearch=internal",
  "DropCapability=ALL",
  "Entrypoint=/usr/bin/serve",
  'Environment=MODE=live "GREETING=good day"',
  "EnvironmentFile=./web.env",
  "EnvironmentFile=/opt/shop/web.env",
  "EnvironmentHost=true",
  'Exec=serve --port 8000 --name "the shop"',
  "ExposeHostPort=8000",
  "GIDMap=0:10000:10",
  "GlobalArgs=--log-level=warn",
  "User=1000\nGroup=1000",
  "GroupAdd=keep-groups",
  "HealthCmd=curl -f http://127.0.0.1:8000/health/",
  "HealthInterval=30s",
  "HealthLogDestination=local",
  "HealthMaxLogCount=5",
  "HealthMaxLogSize=500",
  "HealthOnFailure=kill",
  "HealthRetries=3",
  "HealthStartPeriod=1m",
  "HealthStartupCmd=true",
  "HealthStartupInterval=10s",
  "HealthStartupRetries=9",
  "HealthStartupSuccess=1",
  "HealthStartupTimeout=5s",
  "HealthTimeout=5s",
  "HostName=web.internal",
  "Label=org.example.team=shop",
  "LogDriver=journald",
  "LogOpt=tag=web",
  "Mask=/proc/acpi:/sys/firmware",
  "Mount=type=tmpfs,destination=/scratch",
  "Network=host",
  "Network=pasta",
  "NetworkAlias=web",
  "NoNewPrivileges=true",
  "Notify=true",
  "Notify=healthy",
  "PidsLimit=500",
  "PodmanArgs=--cpus 1.5",
  "PublishPort=8000:8000",
  "PublishPort=127.0.0.1:8001:8000/tcp",
  "PublishPort=[::1]:8002:8000",
  "Pull=missing",
  "ReadOnly=true",
  "ReadOnlyTmpfs=false",
  "RunInit=true",
  "SeccompProfile=/etc/containers/seccomp.json",
  "Secret=db-password,type=env,target=DB_PASSWORD",
  "SecurityLabelDisable=true",
  "ShmSize=128m",
  "StopSignal=SIGINT",
  "StopTimeout=20",
  "SubGIDMap=shop",
  "SubUIDMap=shop",
  "Sysctl=net.ipv4.ip_unprivileged_port_start=80",
  "Timezone=Europe/Berlin",
  "Tmpfs=/tmp:size=64m",
  "UIDMap=0:10000:10",
  "Ulimit=nofile=1000:10000",
  "Unmask=ALL",
  "User=1000",
  "UserNS=keep-id:uid=1000,gid=1000",
  "Volume=/opt/shop/data:/data:U",
  "Volume=%h/data:/data",
  "Volume=./conf:/etc/shop:ro",
  "WorkingDir=/srv",
];

const sets: readonly Case[] = [
  { name: "a container", files: { "web.container": plain } },
  {
    name: "with comments and a line that goes on",
    files: {
      "web.container": `# the shop\n; of ours\n[Container]\n${image}\nExec=serve \\\n  --port 8000\n`,
    },
  },
  { name: "a template", files: { "worker@.container": container("Exec=work %i") } },
  {
    name: "an instance",
    files: {
      "worker@.container": container("Exec=work %i"),
      "worker@a.container": container("Exec=work a"),
    },
  },
  {
    name: "instances of what Podman makes",
    files: {
      "n@a.network": "[Network]\n",
      "v@a.volume": "[Volume]\n",
      "i@a.image": `[Image]\n${image}\n`,
      "p@a.pod": "[Pod]\n",
      "web.container": container("Network=n@a.network\nVolume=v@a.volume:/data\nPod=p@a.pod"),
    },
  },
  {
    name: "a template with a default instance",
    files: {
      "w@.container": `${plain}[Install]\nDefaultInstance=one\nWantedBy=multi-user.target\n`,
    },
  },
  { name: "ServiceName=", files: { "web.container": container("ServiceName=shop") } },
  {
    name: "by a variable",
    files: {
      "web.container":
        // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd expands it
        "[Container]\nImage=${REGISTRY}/web:${TAG}\n[Service]\nEnvironmentFile=/opt/shop/.env\n",
    },
  },
  {
    name: "one shot",
    files: { "job.container": `${plain}[Service]\nType=oneshot\nRemainAfterExit=yes\n` },
  },
  {
    name: "restarts",
    files: {
      "web.container": `${plain}[Service]\nRestart=on-failure\nRestartSec=5\nTimeoutStartSec=300\n`,
    },
  },
  {
    name: "at boot",
    files: { "web.container": `${plain}[Install]\nWantedBy=multi-user.target default.target\n` },
  },
  { name: "sections of one's own", files: { "web.container": `${plain}[X-Shop]\nOwner=me\n` } },
  {
    name: "[Quadlet]",
    files: { "web.container": `${plain}[Quadlet]\nDefaultDependencies=false\n` },
  },
  { name: "a network", files: { "shop.network": "[Network]\n" } },
  {
    name: "a network with everything",
    files: {
      "shop.network":
        "[Network]\nNetworkName=shop\nDriver=bridge\nSubnet=10.9.0.0/24\nGateway=10.9.0.1\nIPRange=10.9.0.128/25\nInternal=true\nIPv6=true\nLabel=a=b\nOptions=mtu=1400\nDNS=10.9.0.2\nDisableDNS=false\nIPAMDriver=host-local\n",
    },
  },
  {
    name: "on a network",
    files: { "web.container": container("Network=shop.network"), "shop.network": "[Network]\n" },
  },
  {
    name: "on a network, with an address",
    files: {
      "web.container": container("Network=shop.network:ip=10.9.0.7"),
      "shop.network": "[Network]\nSubnet=10.9.0.0/24\n",
    },
  },
  {
    name: "in another's network",
    files: {
      "web.container": plain,
      "side.container": "[Container]\nImage=registry.example/side:1\nNetwork=web.container\n",
    },
  },
  { name: "a volume", files: { "data.volume": "[Volume]\n" } },
  {
    name: "a volume with everything",
    files: {
      "data.volume": "[Volume]\nVolumeName=data\nCopy=true\nLabel=a=b\nUser=1000\nGroup=1000\n",
    },
  },
  {
    name: "with a volume",
    files: {
      "web.container": container("Volume=data.volume:/data:Z"),
      "data.volume": "[Volume]\n",
    },
  },
  {
    name: "with a mount of a volume",
    files: {
      "web.container": container("Mount=type=volume,source=data.volume,destination=/data"),
      "data.volume": "[Volume]\n",
    },
  },
  { name: "a pod", files: { "shop.pod": "[Pod]\nPodName=shop\nPublishPort=8000:8000\n" } },
  {
    name: "in a pod",
    files: {
      "shop.pod": "[Pod]\n",
      "web.container": container("Pod=shop.pod", "StartWithPod=true"),
    },
  },
  {
    name: "a pod on a network",
    files: {
      "shop.pod": "[Pod]\nNetwork=shop.network\nVolume=data.volume:/d\n",
      "shop.network": "[Network]\n",
      "data.volume": "[Volume]\n",
    },
  },
  {
    name: "a kube",
    files: { "shop.kube": "[Kube]\nYaml=./shop.yml\nConfigMap=./map.yml\nPublishPort=8000:8000\n" },
  },
  {
    name: "a kube with everything",
    files: {
      "shop.kube":
        "[Kube]\nYaml=shop.yml\nAutoUpdate=registry\nExitCodePropagation=any\nKubeDownForce=true\nLogDriver=journald\nUserNS=auto\nSetWorkingDirectory=yaml\n",
    },
  },
  { name: "an image", files: { "web.image": `[Image]\n${image}\n` } },
  {
    name: "an image with everything",
    files: {
      "web.image": `[Image]\n${image}\nArch=amd64\nOS=linux\nTLSVerify=true\nAllTags=false\nAuthFile=/etc/auth.json\nImageTag=registry.example/shop/web:1.2.3\n`,
    },
  },
  {
    name: "from an image unit",
    files: {
      "web.image": `[Image]\n${image}\n`,
      "web.container": "[Container]\nImage=web.image\n",
    },
  },
  {
    name: "a build",
    files: { "web.build": "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=unit\n" },
  },
  {
    name: "a build with everything",
    files: {
      "web.build":
        "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=unit\nFile=./Containerfile\nTarget=run\nPull=missing\nForceRM=false\nLabel=a=b\nEnvironment=A=b\nSecret=token\nNetwork=host\n",
    },
  },
  {
    name: "from a build",
    files: {
      "web.build": "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=unit\n",
      "web.container": "[Container]\nImage=web.build\n",
    },
  },
  {
    name: "a drop-in of a unit",
    files: {
      "web.container": plain,
      "web.container.d/10.conf": "[Container]\nMemory=1g\n".replace("Memory=1g", "PidsLimit=9"),
    },
  },
  {
    name: "a drop-in of the service",
    files: { "web.container": plain, "systemd/web.service.d/10.conf": "[Service]\nCPUQuota=50%\n" },
  },
  {
    name: "an image by its digest",
    files: {
      "web.container": `[Container]\nImage=registry.example/web@sha256:${"a".repeat(64)}\n`,
    },
  },
  {
    name: "an image of this host",
    files: { "web.container": "[Container]\nImage=localhost/web\n" },
  },
  {
    name: "ports that differ by their address",
    files: {
      "a.container": container("PublishPort=127.0.0.1:80:80"),
      "b.container": container("PublishPort=10.0.0.1:80:80"),
    },
  },
  {
    name: "two in order",
    files: {
      "db.container": plain,
      "web.container": `[Unit]\nRequires=db.service\nAfter=db.service\n${plain}`,
    },
  },
  {
    name: "order by the units' names",
    files: {
      "db.container": plain,
      "web.container": `[Unit]\nRequires=db.container\nAfter=db.container\n${plain}`,
    },
    podman: "5.8",
    silent: true,
  },
  {
    name: "keys of old",
    files: { "web.container": container("VolatileTmp=yes", "RemapUsers=keep-id") },
    rootless: true,
  },
  {
    name: "rootless, hardened inside",
    files: {
      "web.container": container("ReadOnly=true", "NoNewPrivileges=true", "DropCapability=ALL"),
    },
    rootless: true,
  },
  {
    name: "hardened, rootful",
    files: { "web.container": `${plain}[Service]\nNoNewPrivileges=yes\n` },
  },
  {
    name: "a secret by reference",
    files: {
      "web.container": container(
        "Environment=DB_PASSWORD_FILE=/run/secrets/db",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd expands it
        "Environment=API_TOKEN=${API_TOKEN}",
        "[Service]",
        "EnvironmentFile=/opt/shop/.env",
      ),
    },
  },
  {
    name: "silenced in a line",
    files: {
      "web.container": container(
        "# quadlet-deploy: ignore secret-in-environment (a test's)",
        "Environment=DB_PASSWORD=x",
      ),
    },
  },
  {
    name: "an instance with a file, and the template's drop-in",
    files: {
      "w@.container": plain,
      "w@a.container": plain,
      "w@.container.d/a.conf": "[Container]\nPidsLimit=9\n",
      "w@a.container.d/b.conf": "[Container]\nHostName=a\n",
      "b.container": `[Unit]\nAfter=w@a.service\n[Container]\n${image}\n`,
    },
  },
  // Nearly what the rules find, and right.
  ...[
    "Mount=type=bind,src=/opt/shop,dst=/shop,ro",
    "Mount=type=ramfs,destination=/scratch",
    "Volume=/anonymous",
    "Exec=sh -c 'echo \"it is fine\"'",
    'Exec=echo \\"quoted\\"',
    'Entrypoint=["serve", "--it\'s"]',
    "ExposeHostPort=8000-8010/udp",
    "PublishPort=8000-8002:8000-8002/udp",
    "PublishPort=127.0.0.1::8000",
    "PublishPort=8000",
    "PublishPort=:8000",
    "PidsLimit=-1",
    "NoNewPrivileges=on",
    "ReadOnly=False",
    "RemapUsers=auto",
    "Pull=newer",
    "HealthOnFailure=none",
  ].map((line): Case => ({ name: line, files: { "web.container": container(line) } })),
  {
    name: "a shell's own variable",
    files: { "web.container": container("Exec=sh -c 'echo $${HOME}'") },
  },
  {
    name: "a variable of the service",
    files: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: systemd expands it
      "web.container": `${container("Label=mode=${MODE}")}[Service]\nEnvironment=MODE=live\n`,
    },
  },
  {
    name: "KillMode=control-group",
    files: { "web.container": `${plain}[Service]\nKillMode=control-group\n` },
  },
  {
    name: "one shot, several steps",
    files: {
      "job.container": `${plain}[Service]\nType=oneshot\nExecStart=/bin/true\nRestart=on-failure\n`,
    },
  },
  {
    name: "something before and after",
    files: {
      "web.container": `${plain}[Service]\nExecStartPre=/bin/true\nExecStopPost=-/bin/true\n`,
    },
  },
  { name: "a file system", files: { "web.container": "[Container]\nRootfs=/srv/root:O\n" } },
  {
    name: "a file system in place of an image",
    files: {
      "web.container": plain,
      "web.container.d/a.conf": "[Container]\nImage=\nRootfs=/srv/root\n",
    },
  },
  {
    name: "a volume on a device",
    files: {
      "data.volume": "[Volume]\nDevice=tmpfs\nType=tmpfs\nOptions=size=64m\n",
    },
  },
  {
    name: "a volume from an image",
    files: {
      "data.volume": "[Volume]\nDriver=image\nImage=web.image\n",
      "web.image": `[Image]\n${image}\n`,
    },
  },
  {
    name: "two subnets",
    files: {
      "shop.network":
        "[Network]\nSubnet=10.9.0.0/24\nGateway=10.9.0.1\nSubnet=10.10.0.0/24\nGateway=10.10.0.1\n",
    },
  },
  {
    name: "a kube, one shot",
    files: { "shop.kube": "[Kube]\nYaml=shop.yml\n[Service]\nType=oneshot\n" },
  },
  {
    name: "a build of a folder",
    files: {
      "web.build":
        "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=./shop\nFile=./shop/Containerfile\n",
    },
  },
  {
    name: "a build of the file's folder",
    files: {
      "web.build":
        "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=file\nFile=./Containerfile\n",
      "two.build":
        "[Build]\nImageTag=localhost/two:1\nSetWorkingDirectory=file\nFile=/opt/shop/Containerfile\n",
    },
  },
  {
    name: "a build from afar",
    files: {
      "web.build":
        "[Build]\nImageTag=localhost/web:1\nSetWorkingDirectory=https://git.example/shop.git\nFile=Containerfile\n",
    },
  },
  {
    name: "spaces and tabs before and behind",
    files: { "web.container": `  [Container] \n\t${image}\n  Exec = serve\n` },
  },
  {
    name: "a last line that goes on",
    files: { "web.container": `${container("Exec=serve \\")}` },
  },
  {
    name: "an image in a container",
    files: {
      "web.container": container("Mount=type=image,source=web.image,destination=/web"),
      "web.image": `[Image]\n${image}\n`,
    },
  },
  {
    name: "silenced in a file",
    files: {
      "web.container":
        "# quadlet-deploy: ignore short-image-name, latest-with-rollback\n[Container]\nImage=web\n",
    },
  },
  ...[
    "AppArmor=unconfined",
    "HttpProxy=false",
    "Memory=1g",
    "ReloadCmd=/usr/bin/reload",
    "ReloadSignal=SIGHUP",
    "Retry=5",
    "RetryDelay=5s",
  ].map(
    (line): Case => ({ name: line, files: { "web.container": container(line) }, podman: "5.8" }),
  ),
  {
    name: "an artifact",
    files: { "model.artifact": "[Artifact]\nArtifact=registry.example/model:1\n" },
    podman: "5.8",
  },
  {
    name: "NetworkDeleteOnStop=",
    files: { "shop.network": "[Network]\nNetworkDeleteOnStop=true\n" },
    podman: "5.8",
  },
  { name: "a pod's HostName=", files: { "shop.pod": "[Pod]\nHostName=shop\n" }, podman: "5.8" },
];

export const good: readonly Case[] = [
  ...containerKeys.map((line) => ({ name: line, files: { "web.container": container(line) } })),
  ...sets,
];

const bad_ = (
  rule: string,
  name: string,
  files: Case["files"] | string,
  more: Partial<Case> = {},
): Case => ({
  name,
  rule,
  files: typeof files === "string" ? { "web.container": files } : files,
  ...more,
});
const withKey = (rule: string, line: string) => bad_(rule, line, container(line));

export const bad: readonly Case[] = [
  ...[
    "Imagee=x",
    "PublishPorts=80:80",
    "Volumes=/a:/b",
    "Ports=80",
    "Env=A=b",
    "Capabilities=ALL",
    "Privileged=true",
    "CPUs=1",
    "Init=true",
    "Command=serve",
    "- Label=a=b",
    "X-Owner=me",
  ].map((line) => withKey("unknown-key", line)),
  bad_("unknown-key", "a network's", { "a.network": "[Network]\nSubnets=10.0.0.0/8\n" }),
  bad_("unknown-key", "a volume's", { "a.volume": "[Volume]\nSize=1g\n" }),
  bad_("unknown-key", "a pod's", { "a.pod": "[Pod]\nImages=x\n" }),
  bad_("unknown-key", "a kube's", { "a.kube": "[Kube]\nYaml=a.yml\nManifest=b.yml\n" }),
  bad_("unknown-key", "a build's", {
    "a.build": "[Build]\nImageTag=localhost/a\nDockerfile=x\nSetWorkingDirectory=unit\n",
  }),
  bad_("unknown-key", "an image's", { "a.image": `[Image]\n${image}\nTag=x\n` }),
  bad_("unknown-key", "in a drop-in", {
    "web.container": plain,
    "web.container.d/a.conf": "[Container]\nPidLimit=1\n",
  }),
  ...[
    "Restart=always",
    "After=db.service",
    "Requires=db.service",
    "WantedBy=multi-user.target",
    "Type=notify",
    "ExecStartPre=/bin/true",
    "Description=the shop",
    "TimeoutStartSec=9",
    "Subnet=10.0.0.0/8",
    "PodName=shop",
    "Yaml=a.yml",
  ].map((line) => withKey("wrong-section", line)),
  bad_("wrong-section", "a container's key in a network", { "a.network": `[Network]\n${image}\n` }),
  bad_("ignored-key", "Image= in [Service]", `${plain}[Service]\nImage=x\n`),
  bad_("ignored-key", "PublishPort= in [Unit]", `[Unit]\nPublishPort=80:80\n${plain}`),
  bad_("ignored-key", "Network= in [Install]", `${plain}[Install]\nNetwork=host\n`),
  bad_("unknown-section", "a typing error", `${plain}[Contianer]\nExec=x\n`),
  bad_("unknown-section", "[Services]", `${plain}[Services]\nRestart=always\n`),
  bad_("unknown-section", "another kind's", `${plain}[Network]\nInternal=true\n`),
  bad_("no-image", "a container", "[Container]\nExec=x\n"),
  bad_("no-image", "an empty file", ""),
  bad_("no-image", "an image", { "a.image": "[Image]\nArch=amd64\n" }),
  bad_("no-image", "a kube without YAML", { "a.kube": "[Kube]\nLogDriver=none\n" }),
  ...["nonsense", "<<<<<<< HEAD", "// a comment of another language", "=x", "[Service"].map(
    (line) => withKey("bad-syntax", line),
  ),
  bad_("bad-syntax", "no section", `${image}\n`),
  bad_("bad-syntax", "in a section of one's own", `${plain}[X-Shop]\nowned by me\n`),
  bad_("bad-syntax", "in a drop-in", {
    "web.container": plain,
    "web.container.d/a.conf": "[Container]\nno limit\n",
  }),
  bad_("bad-syntax", "in a drop-in of a service", {
    "web.container": plain,
    "systemd/web.service.d/a.conf": "[Service]\nno limit\n",
  }),
  ...[
    'Exec=sh -c "serve',
    "Exec=echo it's fine",
    "Label=motto=it's",
    'Environment="GREETING=good day',
    'PodmanArgs=--label "a b',
  ].map((line) => withKey("open-quote", line)),
  ...[
    "HealthOnFailure=explode",
    "Pull=sometimes",
    "PidsLimit=many",
    "StopTimeout=10s",
    "HealthRetries=few",
    "RemapUsers=bogus",
    "ExposeHostPort=http",
    "Pod=shop",
  ].map((line) => withKey("bad-value", line)),
  bad_("bad-value", "a pod's", { "a.pod": "[Pod]\nExitPolicy=leave\n" }),
  bad_("bad-value", "a kube's", { "a.kube": "[Kube]\nYaml=a.yml\nSetWorkingDirectory=here\n" }),
  bad_("bad-value", "another of a kube", {
    "a.kube": "[Kube]\nYaml=a.yml\nExitCodePropagation=some\n",
  }),
  ...["ReadOnly=ja", "NoNewPrivileges=enabled", "RunInit=y", "ReadOnlyTmpfs=never"].map((line) =>
    withKey("not-yes-or-no", line),
  ),
  bad_("not-yes-or-no", "a network's", { "a.network": "[Network]\nInternal=yep\n" }),
  ...[
    "Mount=type=volume,destination=/data",
    "Mount=type=bind,src=,dst=/data",
    "Mount=type=image,destination=/web",
    "Mount=type=glob,destination=/x",
  ].map((line) => withKey("mount-without-source", line)),
  ...["Mount=source=/data,destination=/data", "Mount=/data:/data"].map((line) =>
    withKey("mount-without-type", line),
  ),
  ...[
    "PublishPort=http",
    "PublishPort=localhost:80:80",
    "PublishPort=127.0.0.1:80",
    "PublishPort=80:99999",
    "PublishPort=a:b:c:d:e",
    "PublishPort=90-80:90-80",
    "PublishPort=80:80/http",
    "PublishPort=:80:80",
    "PublishPort=80:0",
    "PublishPort=[::1]:80",
    "PublishPort=80-82:80",
  ].map((line) => withKey("bad-port", line)),
  bad_("bad-port", "a pod's", { "a.pod": "[Pod]\nPublishPort=eighty:80\n" }),
  bad_("exclusive-keys", "an image and a file system", container("Rootfs=/srv/root")),
  bad_("exclusive-keys", "by a drop-in", {
    "web.container": plain,
    "web.container.d/a.conf": "[Container]\nRootfs=/srv/root\n",
  }),
  bad_(
    "exclusive-keys",
    "two ways to reload",
    container("ReloadCmd=/usr/bin/reload", "ReloadSignal=SIGHUP"),
  ),
  bad_("network-without-subnet", "a gateway", { "a.network": "[Network]\nGateway=10.9.0.1\n" }),
  bad_("network-without-subnet", "a range", { "a.network": "[Network]\nIPRange=10.9.0.0/25\n" }),
  bad_("network-without-subnet", "two gateways", {
    "a.network": "[Network]\nSubnet=10.9.0.0/24\nGateway=10.9.0.1\nGateway=10.9.0.2\n",
  }),
  bad_("volume-without-device", "a type", { "a.volume": "[Volume]\nType=tmpfs\n" }),
  bad_("volume-without-device", "options", { "a.volume": "[Volume]\nOptions=size=1g\n" }),
  bad_("volume-without-device", "no image", { "a.volume": "[Volume]\nDriver=image\n" }),
  bad_("kill-mode", "a container's", `${plain}[Service]\nKillMode=process\n`),
  bad_("kill-mode", "a kube's", { "a.kube": "[Kube]\nYaml=a.yml\n[Service]\nKillMode=none\n" }),
  bad_("service-type", "a kube's", { "a.kube": "[Kube]\nYaml=a.yml\n[Service]\nType=exec\n" }),
  bad_("exec-start", "a second start", `${plain}[Service]\nExecStart=/usr/bin/serve\n`),
  bad_("exec-start", "in a drop-in of the service", {
    "web.container": plain,
    "systemd/web.service.d/a.conf": "[Service]\nExecStart=/usr/bin/serve\n",
  }),
  bad_("oneshot-restart", "always", `${plain}[Service]\nType=oneshot\nRestart=always\n`),
  bad_("oneshot-restart", "a volume's", { "a.volume": "[Volume]\n[Service]\nRestart=always\n" }),
  bad_("service-user", "a user", `${plain}[Service]\nUser=web\n`),
  bad_("service-user", "a dynamic one", `${plain}[Service]\nDynamicUser=yes\n`),
  bad_("build-context", "a file that is not where it is looked for", {
    "a.build":
      "[Build]\nImageTag=localhost/a:1\nSetWorkingDirectory=file\nFile=./shop/Containerfile\n",
  }),
  bad_("build-context", "the folder of no file", {
    "a.build": "[Build]\nImageTag=localhost/a:1\nSetWorkingDirectory=file\n",
  }),
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: systemd expands them
  bad_("variable-without-environment", "an image's", "[Container]\nImage=r.example/web:${TAG}\n"),
  bad_(
    "variable-without-environment",
    "the container's environment alone",
    container("EnvironmentFile=/opt/shop/.env", "Exec=serve --port ${PORT}"),
  ),
  bad_("variable-without-environment", "a shell's", container("Exec=sh -c 'echo ${HOSTNAME}'")),
  bad_(
    "variable-without-environment",
    "another one",
    `${container("Label=a=${TAG}")}[Service]\nEnvironment=TAGS=1\n`,
  ),
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: systemd expands them
  bad_(
    "missing-reference",
    "a mounted volume",
    container("Mount=type=volume,source=nope.volume,destination=/data"),
  ),
  bad_(
    "missing-reference",
    "a mounted image",
    container("Mount=type=image,source=nope.image,destination=/web"),
  ),
  bad_("missing-reference", "an order", `[Unit]\nAfter=nope.network\n${plain}`),
  bad_("missing-reference", "an instance without a file", {
    "w@.container": plain,
    "a.container": `[Unit]\nAfter=w@x.container\n${plain}`,
  }),
  bad_("missing-reference", "a need", `[Unit]\nRequires=db.container\n${plain}`),
  bad_("missing-reference", "a build's volume", {
    "a.build": "[Build]\nImageTag=localhost/a:1\nSetWorkingDirectory=unit\nVolume=nope.volume:/x\n",
  }),
  bad_("missing-reference", "a volume's image", {
    "a.volume": "[Volume]\nDriver=image\nImage=nope.image\n",
  }),
  bad_("no-image", "an artifact", { "a.artifact": "[Artifact]\n" }),
  bad_("group-without-user", "a group alone", container("Group=1000")),
  bad_("build-context", "nothing to build", { "a.build": "[Build]\nImageTag=localhost/a:1\n" }),
  bad_("build-context", "no name", { "a.build": "[Build]\nSetWorkingDirectory=unit\n" }),
  bad_("build-context", "relative to nothing", {
    "a.build": "[Build]\nImageTag=localhost/a:1\nFile=./Containerfile\n",
  }),
  bad_("service-type", "simple", `${plain}[Service]\nType=simple\n`),
  bad_("service-type", "forking", `${plain}[Service]\nType=forking\n`),
  bad_("service-type", "exec", `${plain}[Service]\nType=exec\n`),
  bad_("restart-unless-stopped", "as with docker", `${plain}[Service]\nRestart=unless-stopped\n`),
  bad_("restart-unless-stopped", "a typing error", `${plain}[Service]\nRestart=allways\n`),
  bad_("shared-service", "a container and a kube", {
    "web.container": plain,
    "web.kube": "[Kube]\nYaml=a.yml\n",
  }),
  bad_("shared-service", "by ServiceName=", {
    "a.container": plain,
    "b.container": container("ServiceName=a"),
  }),
  bad_("shared-service", "a pod's", { "web-pod.container": plain, "web.pod": "[Pod]\n" }),
  bad_("shared-container-name", "two of one name", {
    "a.container": container("ContainerName=x"),
    "b.container": container("ContainerName=x"),
  }),
  bad_("bad-service-name", "a path", container("ServiceName=../etc")),
  bad_("bad-service-name", "with .service", container("ServiceName=web.service")),
  bad_("bad-service-name", "a space in the file's name", { "the web.container": plain }),
  bad_("stray-drop-in", "of a unit that is not there", {
    "web.container": plain,
    "wbe.container.d/a.conf": "[Container]\n",
  }),
  bad_("stray-drop-in", "of a service that is not there", {
    "web.container": plain,
    "systemd/wbe.service.d/a.conf": "[Service]\n",
  }),
  bad_("wide-drop-in", "every container's", {
    "web.container": plain,
    "container.d/a.conf": "[Container]\n",
  }),
  bad_("wide-drop-in", "every service's", {
    "web.container": plain,
    "systemd/service.d/a.conf": "[Service]\n",
  }),
  bad_("wide-drop-in", "a prefix's", {
    "web-a.container": plain,
    "systemd/web-.service.d/a.conf": "[Service]\n",
  }),
  bad_("cycle", "two", {
    "a.container": `[Unit]\nAfter=b.service\n${plain}`,
    "b.container": `[Unit]\nAfter=a.service\n${plain}`,
  }),
  bad_("cycle", "three", {
    "a.container": `[Unit]\nAfter=b.service\n${plain}`,
    "b.container": `[Unit]\nAfter=c.service\n${plain}`,
    "c.container": `[Unit]\nAfter=a.service\n${plain}`,
  }),
  bad_("cycle", "by Before=", {
    "a.container": `[Unit]\nAfter=b.service\nBefore=b.service\n${plain}`,
    "b.container": plain,
  }),
  bad_("missing-reference", "a network", container("Network=nope.network")),
  bad_("missing-reference", "a volume", container("Volume=nope.volume:/data")),
  bad_("missing-reference", "an image", "[Container]\nImage=nope.image\n"),
  bad_("missing-reference", "a build", "[Container]\nImage=nope.build\n"),
  bad_("missing-reference", "a pod", container("Pod=nope.pod")),
  bad_("missing-reference", "a pod's network", { "a.pod": "[Pod]\nNetwork=nope.network\n" }),
  bad_("port-clash", "one port, twice", {
    "a.container": container("PublishPort=80:80"),
    "b.container": container("PublishPort=80:8080"),
  }),
  bad_("port-clash", "everywhere and somewhere", {
    "a.container": container("PublishPort=80:80"),
    "b.container": container("PublishPort=127.0.0.1:80:80"),
  }),
  bad_("short-image-name", "no registry", "[Container]\nImage=redis:7\n"),
  bad_("short-image-name", "a user of Docker Hub", "[Container]\nImage=bitnami/redis:7\n"),
  bad_("latest-with-rollback", "latest", "[Container]\nImage=registry.example/web:latest\n"),
  bad_("latest-with-rollback", "no tag", "[Container]\nImage=registry.example/web\n"),
  bad_(
    "latest-with-rollback",
    "a port is no tag",
    "[Container]\nImage=registry.example:5000/web\n",
  ),
  bad_("secret-in-environment", "of the container", container("Environment=DB_PASSWORD=hunter2")),
  bad_("secret-in-environment", "among others", container('Environment=MODE=live "API_KEY=a b"')),
  bad_(
    "secret-in-environment",
    "of the service",
    `${plain}[Service]\nEnvironment=SIGNING_SECRET=x\n`,
  ),
  bad_("rootless-hardening", "ProtectSystem=", `${plain}[Service]\nProtectSystem=strict\n`, {
    rootless: true,
  }),
  bad_("rootless-hardening", "PrivateTmp=", `${plain}[Service]\nPrivateTmp=yes\n`, {
    rootless: true,
  }),
  bad_("rootless-hardening", "NoNewPrivileges=", `${plain}[Service]\nNoNewPrivileges=yes\n`, {
    rootless: true,
  }),
];
