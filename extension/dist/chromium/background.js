(function() {
	// src/background/badge.ts
	var NEEDS_HUMAN = [
		"signed_out",
		"challenge",
		"consent"
	];
	var LOOKS = {
		off: {
			text: "off",
			color: "#8a8f98",
			title: "Tabway: not connected"
		},
		on: {
			text: "on",
			color: "#2e9e5b",
			title: "Tabway: connected"
		},
		busy: {
			text: "•••",
			color: "#6d5efc",
			title: "Tabway: a turn runs"
		},
		needs_human: {
			text: "!",
			color: "#d9480f",
			title: "Tabway: a page needs you"
		},
		paused: {
			text: "❚❚",
			color: "#8a8f98",
			title: "Tabway: paused"
		}
	};
	function badgeOf(node) {
		const links = [...node.links.values()];
		if (!links.some(({ connected }) => connected)) return "off";
		const seats = links.flatMap(({ gateway }) => node.seatsOf(gateway.url));
		if (links.some(({ gateway: { url } }) => node.sites[url]?.some(({ name }) => node.approvals.change(url, name))) || seats.some(({ state }) => NEEDS_HUMAN.includes(state))) return "needs_human";
		if (node.jobs.running().length > 0) return "busy";
		return node.paused ? "paused" : "on";
	}
	var shown = null;
	function showBadge(node) {
		const state = badgeOf(node);
		if (state === shown) return;
		shown = state;
		const { text, color, title } = LOOKS[state];
		chrome.action.setBadgeText({ text });
		chrome.action.setBadgeBackgroundColor({ color });
		chrome.action.setTitle({ title });
	}
	// src/shared/origin.ts
	/** The match pattern of an origin. Firefox takes no port in one: the runner compares origins again. */
	function patternOf(origin, firefox = false) {
		const { protocol, hostname, host } = new URL(origin);
		return `${protocol}//${firefox ? hostname : host}/*`;
	}
	/** Whether a text is an http(s) origin and nothing more. */
	function isOrigin(text) {
		const url = parseUrl(text);
		return url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
	}
	/** What is wrong with a gateway's address. */
	var BadAddress = class extends Error {};
	/**
	* The socket's address for what a person typed: `127.0.0.1:7070`, `https://host`, `wss://host/node`.
	* Without TLS only this machine may be named, unless its owner said that the network is trusted.
	*/
	function socketAddress(typed, insecureLan) {
		const text = typed.trim();
		const url = parseUrl(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
		if (!url || url.hostname === "") throw new BadAddress("This is not an address.");
		const secure = {
			"http:": false,
			"ws:": false,
			"https:": true,
			"wss:": true
		}[url.protocol];
		if (secure === void 0) throw new BadAddress("The address must begin with http or https.");
		if (url.username || url.password) throw new BadAddress("The address must not hold a password.");
		if (!secure && !isLoopback(url.hostname) && !insecureLan) throw new BadAddress("Without TLS only a gateway on this computer is reached. Use https.");
		const path = url.pathname.replace(/\/(node)?\/?$/, "");
		return `${secure ? "wss" : "ws"}://${url.host}${path}/node`;
	}
	/** Whether a host name is this computer. */
	function isLoopback(hostname) {
		return /^127(\.\d{1,3}){3}$/.test(hostname) || hostname === "[::1]" || hostname === "localhost" || hostname.endsWith(".localhost");
	}
	/** `URL.parse`, which older browsers lack. */
	function parseUrl(text) {
		try {
			return new URL(text);
		} catch {
			return null;
		}
	}
	// src/background/store.ts
	var DISK = {
		gateways: [],
		sites: {},
		approvals: [],
		paused: false,
		pictures: false,
		label: "",
		fleet: "",
		places: {}
	};
	var SESSION = {
		jobs: [],
		over: [],
		counters: {
			turns: 0,
			failures: 0,
			frames: 0
		},
		reloaded: [],
		remembered: {},
		opened: {},
		needs: []
	};
	async function loadDisk() {
		return {
			...DISK,
			...await chrome.storage.local.get(null)
		};
	}
	async function saveDisk(some) {
		await chrome.storage.local.set(some);
	}
	async function loadSession() {
		return {
			...SESSION,
			...await chrome.storage.session.get(null)
		};
	}
	async function saveSession(some) {
		await chrome.storage.session.set(some);
	}
	// src/background/tended.ts
	/** A page that has said nothing for so long is loaded again; twice as long each time. */
	var SILENCE_MS = 1e4;
	var MAX_SILENCE_MS = 6e5;
	/** Changes come in bursts: one look for all. */
	var SOON_MS = 500;
	var Tended = class {
		lanes;
		care;
		undo = null;
		looking = Promise.resolve();
		silent = /* @__PURE__ */ new Map();
		constructor(lanes, care) {
			this.lanes = lanes;
			this.care = care;
		}
		/** Something may have changed. */
		soon(ms = SOON_MS) {
			this.undo ??= this.care.after(ms, () => {
				this.undo = null;
				this.look();
			});
		}
		/** Opens what is missing and wakes what is silent; one look after the other. */
		look() {
			this.looking = this.looking.then(() => this.mend()).catch(() => {});
			return this.looking;
		}
		async mend() {
			const tabs = await this.care.tabs();
			const there = new Set(tabs.map(({ id }) => id));
			const counted = /* @__PURE__ */ new Set();
			const opened = {};
			for (const { site, start } of this.care.wanted()) {
				if (counted.has(site.origin)) continue;
				counted.add(site.origin);
				const ours = (this.care.opened[site.origin] ?? []).filter((id) => there.has(id));
				const at = tabs.filter(({ id, url }) => id !== void 0 && originOf(url) === site.origin);
				const held = /* @__PURE__ */ new Set([...ours, ...at.map(({ id }) => id)]);
				for (let missing = this.lanes - held.size; missing > 0; missing -= 1) {
					const { id } = await this.care.open(start);
					if (id !== void 0) ours.push(id);
				}
				opened[site.origin] = ours;
				await this.wake(at.map(({ id }) => id).filter((id) => ours.includes(id)));
			}
			const rest = Object.entries(this.care.opened).filter(([origin]) => !counted.has(origin));
			this.care.opened = {
				...Object.fromEntries(rest),
				...opened
			};
			this.care.save(this.care.opened);
			for (const tab of this.silent.keys()) if (!there.has(tab)) this.silent.delete(tab);
		}
		async wake(tabs) {
			for (const tab of tabs) {
				if (this.care.speaks(tab)) {
					this.silent.delete(tab);
					continue;
				}
				const now = this.care.now();
				const known = this.silent.get(tab) ?? {
					due: now + SILENCE_MS,
					wait: SILENCE_MS
				};
				if (now >= known.due) {
					await this.care.reload(tab);
					known.wait = Math.min(2 * known.wait, MAX_SILENCE_MS);
					known.due = now + known.wait;
				}
				this.silent.set(tab, known);
				this.soon(known.due - now);
			}
		}
	};
	function originOf(url) {
		try {
			return url === void 0 ? null : new URL(url).origin;
		} catch {
			return null;
		}
	}
	// src/background/fleet.ts
	/** Does what the order says; what comes back is told of every change. */
	async function obeyOrder(node, order) {
		const [{ fleet }, { opened }] = await Promise.all([loadDisk(), loadSession()]);
		if (fleet && fleet !== order.gateway) await node.forget(fleet);
		await saveDisk({ fleet: order.gateway });
		if (node.label !== order.label) await node.rename(order.label);
		const insecureLan = !isLoopback(new URL(order.gateway).hostname);
		if (order.key || !node.links.has(order.gateway)) node.pair(order.gateway, order.key ?? "", insecureLan);
		const wanted = () => {
			if (node.paused) return [];
			return (node.sites[order.gateway] ?? []).filter((site) => order.sites.includes(site.name) && node.lack(order.gateway, site) === null).map((site) => ({
				site,
				start: new URL(site.adapter.page.start, site.origin).href
			}));
		};
		const tended = new Tended(order.lanes, {
			wanted,
			speaks: (tab) => node.lanes.get(tab) !== void 0,
			tabs: () => chrome.tabs.query({}),
			open: (url) => chrome.tabs.create({
				url,
				active: false
			}),
			reload: (tab) => chrome.tabs.reload(tab).catch(() => {}),
			now: Date.now,
			after: (ms, callback) => node.after(ms, callback),
			opened,
			save: (opened) => void saveSession({ opened })
		});
		tended.soon();
		return tended;
	}
	// src/shared/bytes.ts
	/** Base64 of bytes; Ports carry JSON, which has no bytes. */
	function toBase64(bytes) {
		let binary = "";
		for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
		return btoa(binary);
	}
	function fromBase64(text) {
		const binary = atob(text);
		const bytes = new Uint8Array(binary.length);
		for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
		return bytes;
	}
	/** Base64 for URLs, without padding: how keys and signatures travel. */
	function toBase64Url(bytes) {
		return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
	}
	/** RFC 4648 base32 without padding. */
	function toBase32(bytes) {
		let bits = 0;
		let value = 0;
		let text = "";
		for (const byte of bytes) {
			value = (value << 8 | byte) & 65535;
			for (bits += 8; bits >= 5; bits -= 5) text += "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value >>> bits - 5 & 31];
		}
		return bits > 0 ? text + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value << 5 - bits & 31] : text;
	}
	// src/background/identity.ts
	var DATABASE = "tabway";
	var STORE = "keys";
	var ALGORITHM = {
		name: "ECDSA",
		namedCurve: "P-256"
	};
	var utf8 = new TextEncoder();
	/** The node's identity, made at first use. */
	async function identity() {
		const database = await open$1();
		const pair = await load(database) ?? await create(database);
		database.close();
		const key = toBase64Url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
		return {
			key,
			async prove(gateway, nonce) {
				const signature = await crypto.subtle.sign({
					name: "ECDSA",
					hash: "SHA-256"
				}, pair.privateKey, utf8.encode(proofText(gateway, nonce)));
				return toBase64Url(new Uint8Array(signature));
			},
			fingerprint: (gateway) => fingerprintOf(gateway, key)
		};
	}
	/** As `proof_text` of crates/protocol/src/pairing.rs. */
	function proofText(gateway, nonce) {
		return `tabway node 1\n${gateway}\n${nonce}`;
	}
	/** The first 5 bytes of SHA-256 of `fingerprint_text`, as `ABCD-EFGH`. */
	async function fingerprintOf(gateway, key) {
		const words = utf8.encode(`tabway fingerprint 1\n${gateway}\n${key}`);
		const letters = toBase32(new Uint8Array(await crypto.subtle.digest("SHA-256", words)).slice(0, 5));
		return `${letters.slice(0, 4)}-${letters.slice(4)}`;
	}
	async function create(database) {
		const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
		const store = database.transaction(STORE, "readwrite").objectStore(STORE);
		try {
			await settled(store.add(pair, "node"));
			return pair;
		} catch {
			return await load(database) ?? pair;
		}
	}
	async function load(database) {
		return await settled(database.transaction(STORE).objectStore(STORE).get("node"));
	}
	function open$1() {
		const request = indexedDB.open(DATABASE, 1);
		request.onupgradeneeded = () => request.result.createObjectStore(STORE);
		return settled(request);
	}
	function settled(request) {
		return new Promise((resolve, reject) => {
			request.onsuccess = () => resolve(request.result);
			request.onerror = () => reject(request.error);
		});
	}
	// src/background/sites.ts
	var SCRIPTS = [{
		part: "tap",
		world: "MAIN"
	}, {
		part: "runner",
		world: "ISOLATED"
	}];
	/** Origins that were granted, of those that are asked about. */
	async function grantedOf(origins) {
		const granted = /* @__PURE__ */ new Set();
		for (const origin of new Set(origins)) if (await chrome.permissions.contains({ origins: [patternOf(origin)] })) granted.add(origin);
		return granted;
	}
	/** Registers the content scripts for exactly these origins; new ones also in tabs already open. */
	async function registerFor(origins) {
		const patterns = new Set([...origins].map((origin) => patternOf(origin)));
		const wanted = /* @__PURE__ */ new Map();
		for (const pattern of patterns) for (const { part, world } of SCRIPTS) {
			const id = `${part} ${pattern}`;
			wanted.set(id, {
				id,
				world,
				js: [`${part}.js`],
				matches: [pattern],
				runAt: "document_start",
				allFrames: false,
				persistAcrossSessions: true
			});
		}
		const present = (await chrome.scripting.getRegisteredContentScripts()).map(({ id }) => id);
		const gone = present.filter((id) => !wanted.has(id));
		if (gone.length > 0) await chrome.scripting.unregisterContentScripts({ ids: gone });
		const fresh = [...wanted.values()].filter(({ id }) => !present.includes(id));
		if (fresh.length === 0) return;
		await chrome.scripting.registerContentScripts(fresh);
		await injectInto(fresh.filter(({ world }) => world === "ISOLATED").flatMap(({ matches }) => matches ?? []));
	}
	/** Tabs that were open before get the runner alone: it decides whether the page may be reloaded. */
	async function injectInto(patterns) {
		if (patterns.length === 0) return;
		const tabs = await chrome.tabs.query({ url: patterns });
		for (const { id, discarded } of tabs) {
			if (id === void 0 || discarded) continue;
			const target = { tabId: id };
			await chrome.scripting.executeScript({
				target,
				files: ["runner.js"]
			}).catch(() => {});
		}
	}
	/** Origins that any gateway's sites name. */
	function originsOf(sites) {
		return new Set([...sites].flat().map(({ origin }) => origin));
	}
	// src/shared/memory.ts
	/** Another revision of an adapter may call other things by the same names. */
	function memoryKey(gateway, { name, adapter }) {
		return `${gateway} ${name} ${adapter.name} ${adapter.revision}`;
	}
	// src/background/apart.ts
	/** Size of such a window: a page at least as wide as a tablet's. */
	var SIZE = {
		width: 1e3,
		height: 760
	};
	var Apart = class {
		tabs = /* @__PURE__ */ new Set();
		moving = Promise.resolve();
		/** This tab is to be seen from now on, until it is gone. */
		keep(tab) {
			if (this.tabs.has(tab)) return;
			this.tabs.add(tab);
			this.mend();
		}
		drop(tab) {
			this.tabs.delete(tab);
		}
		/** Something was moved, shown or hidden: every page that must be seen is. */
		mend() {
			if (this.tabs.size === 0) return this.moving;
			this.moving = this.moving.then(async () => {
				for (const tab of [...this.tabs]) await seen(tab).catch(() => {});
			});
			return this.moving;
		}
	};
	async function seen(tab) {
		const { windowId } = await chrome.tabs.get(tab);
		const [beside, window] = await Promise.all([chrome.tabs.query({ windowId }), chrome.windows.get(windowId)]);
		if (beside.length > 1) await chrome.windows.create({
			tabId: tab,
			focused: false,
			...SIZE
		});
		else if (window.state === "minimized") await chrome.windows.update(windowId, {
			state: "normal",
			focused: false
		});
	}
	// src/background/approvals.ts
	/** Elements that are only looked at. Any other, also one that this version does not know, is used. */
	var READ_ROLES = /* @__PURE__ */ new Set([
		"question",
		"answer",
		"answer_body",
		"thought",
		"scroller",
		"model_current",
		"attach_preview",
		"attach_busy",
		"attach_error"
	]);
	/** Parts of an adapter that only say how to read. Any other touches the page. */
	var READ_PARTS = /* @__PURE__ */ new Set([
		"schema",
		"name",
		"title",
		"revision",
		"verified",
		"terms",
		"official_api",
		"signals",
		"tap",
		"answer",
		"media",
		"limits",
		"self_test"
	]);
	/** Names of parts that do not say by themselves what they are. */
	var WORDS = {
		page: "where it works",
		frames: "the frames that it looks into",
		composer: "how it writes into the composer",
		send: "how it sends",
		new_chat: "how it opens a new chat",
		temporary_chat: "whether it opens temporary chats",
		models: "how it chooses a model",
		modes: "the pages of its modes",
		parameters: "the settings that it changes",
		tools: "its dialog for tools",
		files: "how it gives files to the page",
		overlays: "what it closes"
	};
	/** What a site's adapter touches. */
	async function touchesOf({ origin, adapter }) {
		const parts = { frames: framesOf(adapter) };
		for (const [name, value] of Object.entries(adapter)) {
			if (name === "locators" || READ_PARTS.has(name) || isNothing(value)) continue;
			parts[name] = spelledOut(value, adapter);
		}
		const { source, select } = adapter.models;
		parts.models = {
			menu: source?.kind === "menu",
			select: spelledOut(select, adapter)
		};
		const { needs_visible: _, ...page } = adapter.page;
		parts.page = spelledOut({
			...page,
			origin
		}, adapter);
		for (const [role, locators] of Object.entries(adapter.locators)) if (!READ_ROLES.has(role)) parts[`the ${role}`] = spelledOut(locators, adapter);
		const touches = {};
		for (const [name, value] of Object.entries(parts)) touches[name] = await digest(value);
		return touches;
	}
	/** The parts in which two differ, in words. */
	function differing(before, now) {
		return [.../* @__PURE__ */ new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]).map((name) => WORDS[name] ?? name.replaceAll("_", " ")).sort();
	}
	var Approvals = class {
		approvals;
		/** Sites that wait for their owner, by `keyOf`. */
		changes = /* @__PURE__ */ new Map();
		constructor(approvals = []) {
			this.approvals = approvals;
		}
		/** What is to be kept on disk. */
		all() {
			return this.approvals;
		}
		change(gateway, site) {
			return this.changes.get(keyOf(gateway, site));
		}
		/** Looks at all sites anew; true where what is kept has changed. */
		async review(sites, granted) {
			const before = JSON.stringify(this.approvals);
			const kept = this.approvals.filter(({ origin }) => granted.has(origin));
			const next = [...kept];
			const changes = /* @__PURE__ */ new Map();
			for (const [gateway, some] of Object.entries(sites)) for (const site of some.filter(({ origin }) => granted.has(origin))) {
				const touches = await touchesOf(site);
				const same = ({ touches: old }) => differing(old, touches).length === 0;
				const ofOrigin = kept.filter(({ origin }) => origin === site.origin);
				const mine = ofOrigin.find((one) => one.gateway === gateway && one.site === site.name);
				if (mine && same(mine)) continue;
				if (ofOrigin.length === 0 || !mine && ofOrigin.some(same)) {
					next.push({
						gateway,
						site: site.name,
						origin: site.origin,
						touches
					});
					continue;
				}
				const known = mine ?? ofOrigin[0];
				changes.set(keyOf(gateway, site.name), {
					parts: differing(known?.touches ?? {}, touches),
					seen: await digest(touches)
				});
			}
			this.approvals = next;
			this.changes.clear();
			for (const [key, change] of changes) this.changes.set(key, change);
			return JSON.stringify(next) !== before;
		}
		/** The owner has seen a change and agrees to it; to nothing that came since. */
		async approve(gateway, site, seen) {
			const touches = await touchesOf(site);
			if (await digest(touches) !== seen) return false;
			this.approvals = [...this.approvals.filter((one) => one.gateway !== gateway || one.site !== site.name), {
				gateway,
				site: site.name,
				origin: site.origin,
				touches
			}];
			return true;
		}
		forget(gateway) {
			this.approvals = this.approvals.filter((one) => one.gateway !== gateway);
		}
	};
	function keyOf(gateway, site) {
		return `${gateway} ${site}`;
	}
	/** A gateway leaves out what is empty, or not, as its version does. */
	function isNothing(value) {
		if (value === void 0 || value === null || value === false) return true;
		return typeof value === "object" && Object.keys(value).length === 0;
	}
	/** The value in one order of keys, and with the locators of every role that it names. */
	function spelledOut(value, adapter, inside = []) {
		if (Array.isArray(value)) return value.map((one) => spelledOut(one, adapter, inside));
		if (typeof value !== "object" || value === null) return value;
		return Object.entries(value).filter(([, one]) => !isNothing(one)).sort(([a], [b]) => a < b ? -1 : 1).map(([key, one]) => [key, key === "within" ? container(one, adapter, inside) : spelledOut(one, adapter, inside)]);
	}
	function container(target, adapter, inside) {
		if (typeof target !== "string") return spelledOut(target, adapter, inside);
		if (inside.includes(target)) return target;
		return spelledOut(adapter.locators[target] ?? [], adapter, [...inside, target]);
	}
	function framesOf(value) {
		const found = /* @__PURE__ */ new Set();
		const walk = (one) => {
			if (typeof one !== "object" || one === null) return;
			const { frame } = one;
			if (typeof frame === "string") found.add(frame);
			Object.values(one).forEach(walk);
		};
		walk(value);
		return [...found].sort();
	}
	async function digest(value) {
		const text = JSON.stringify(value, (_, one) => typeof one === "object" && one !== null && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => a < b ? -1 : 1)) : one);
		const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
		return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
	}
	// src/background/captures.ts
	/** A gateway asks which address a tab of the site shows. */
	async function sayWhere(desk, link, question) {
		const { request, lane } = question;
		const { url } = link.gateway;
		const site = desk.sites[url]?.find(({ name }) => name === question.site);
		const tab = site && (lane ?? desk.lanes.tabFor(url, site));
		const address = site && tab !== void 0 ? await addressOf(desk.lanes, url, site, tab) : null;
		link.say({
			type: "located",
			request,
			...address === null ? {} : { address }
		});
	}
	/** A human wants the conversation of a tab to stand for a model; the words of a refusal, or null. */
	async function capture(desk, { gateway, site: name, model, tab }) {
		const link = desk.links.get(gateway);
		const site = desk.sites[gateway]?.find((one) => one.name === name);
		if (!link?.connected || !site) return "The gateway is not connected.";
		if (!link.understands.has("places")) return "The gateway is too old to keep conversations: update the gateway.";
		if (model.trim() === "") return "Name the model that this conversation is to stand for.";
		const address = await addressOf(desk.lanes, gateway, site, tab);
		if (address === null) return "This tab is not in use for the site.";
		link.say({
			type: "pin",
			site: name,
			model: model.trim(),
			address
		});
		return null;
	}
	/** Path and query that a lane of the site shows. */
	async function addressOf(lanes, gateway, site, tab) {
		if (!lanes.verdict(tab, gateway, site.name)?.lane) return null;
		try {
			const { url } = await chrome.tabs.get(tab);
			const { origin, pathname, search } = new URL(url ?? "");
			return origin === site.origin ? pathname + search : null;
		} catch {
			return null;
		}
	}
	// src/background/diagnoses.ts
	function takeQuestion(desk, link, question) {
		const { request, site: name } = question;
		const { url } = link.gateway;
		const site = desk.sites[url]?.find((one) => one.name === name);
		const answer = (state, detail) => link.say({
			type: "diagnosis",
			...nothing(request, name),
			state,
			detail
		});
		if (!site) return answer("no_tab", "This browser was not told of the site.");
		if (!desk.granted.has(site.origin)) return answer("not_permitted", `${site.origin} is not granted.`);
		const tab = question.lane ?? desk.lanes.tabFor(url, site);
		if (tab === void 0 || desk.lanes.get(tab)?.origin !== site.origin) return answer("no_tab", `No tab shows ${site.origin}.`);
		const adapter = question.adapter ?? site.adapter;
		const waitMs = question.wait_ms ?? 0;
		const looked = {
			...site,
			adapter
		};
		desk.lanes.tell(tab, {
			k: "diagnose",
			gateway: url,
			request,
			site: looked,
			waitMs
		});
	}
	function nothing(about, site) {
		return {
			about,
			site,
			path: "",
			locators: [],
			signals: [],
			sketch: ""
		};
	}
	// src/generated/protocol.ts
	var CLOSE_BAD_MESSAGE = 4400;
	var CLOSE_REFUSED = 4403;
	var CLOSE_VERSION = 4426;
	new TextEncoder();
	/** Whether a text is a job's id. */
	function isJobId(text) {
		return /^job_[0-9a-f]{32}$/.test(text);
	}
	/** The job and the number that a frame carries in its header. */
	function headerOf(frame) {
		let job = "job_";
		for (const byte of frame.subarray(1, 17)) job += byte.toString(16).padStart(2, "0");
		return {
			job,
			seq: new DataView(frame.buffer, frame.byteOffset).getUint32(17)
		};
	}
	// src/background/files.ts
	var FILE_KIND = 16;
	/** The most bytes of turns that are yet to be ordered. */
	var MAX_BYTES = 64 << 20;
	/** The most turns whose files may wait at once. */
	var MAX_JOBS = 16;
	var Files = class {
		waiting = /* @__PURE__ */ new Map();
		/** Takes a frame; what is none, or comes out of order, makes its turn's files incomplete. */
		add(frame) {
			if (frame.length <= 22 || frame[0] !== FILE_KIND) return;
			const { job, seq } = headerOf(frame);
			const entry = this.waiting.get(job) ?? {
				files: [],
				bytes: 0
			};
			this.waiting.set(job, entry);
			const pieces = entry.files[frame[21] ?? 0] ??= [];
			entry.bytes += frame.length - 22;
			const held = [...this.waiting.values()].reduce((sum, { bytes }) => sum + bytes, 0);
			if (seq !== pieces.length + 1 || held > MAX_BYTES || this.waiting.size > MAX_JOBS) {
				this.waiting.delete(job);
				return;
			}
			pieces.push(frame.slice(22));
		}
		/** The files that an order lists; null where some are missing or of another size. */
		take(job) {
			const files = this.waiting.get(job.job)?.files ?? [];
			this.waiting.delete(job.job);
			return job.files.every(({ size }, at) => sizeOf(files[at] ?? []) === size) ? job.files.map((_, at) => files[at] ?? []) : null;
		}
	};
	function sizeOf(pieces) {
		return pieces.reduce((sum, piece) => sum + piece.length, 0);
	}
	/** What this extension understands. */
	var ABILITIES = Object.keys({
		places: true,
		reread: true,
		reload_idle: true,
		page_tools: true
	});
	/** What a gateway says that it understands; names of a later version are skipped. */
	function knownAbilities(told) {
		return new Set(ABILITIES.filter((ability) => told.includes(ability)));
	}
	// src/background/backoff.ts
	var FIRST_MS = 500;
	var LONGEST_MS = 3e4;
	var Backoff = class {
		random;
		tries = 0;
		constructor(random = Math.random) {
			this.random = random;
		}
		/** Milliseconds until the next try: between half and the whole of a doubling time. */
		next() {
			const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.tries);
			this.tries = Math.min(this.tries + 1, 10);
			return Math.round(whole * (.5 + this.random() / 2));
		}
		/** It worked. */
		reset() {
			this.tries = 0;
		}
	};
	// src/background/wire.ts
	var text = (value) => typeof value === "string";
	var count = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
	var job = (value) => text(value) && isJobId(value);
	var list = (value) => Array.isArray(value);
	var record = (value) => typeof value === "object" && value !== null && !list(value);
	/** Path and query of the site itself. */
	var isPlace = (value) => text(value) && /^\/(?!\/)/.test(value);
	var optional = (holds) => (value) => value === void 0 || holds(value);
	/** What each command holds; a missing field is an error, never a default. */
	var COMMANDS = {
		challenge: {
			protocol: count,
			gateway: text,
			nonce: text,
			abilities: optional(list)
		},
		pairing: { fingerprint: text },
		welcome: {
			node: text,
			epoch: count,
			heartbeat_ms: count,
			version: text,
			extension_version: text,
			sites: list
		},
		refused: {
			code: text,
			message: text
		},
		sites: { sites: list },
		heartbeat: {},
		job: {
			job,
			lane: count,
			site: text,
			prompt: text,
			conversation: (value) => value === "fresh" || value === "continue",
			after: optional(text),
			place: optional(isPlace),
			model: optional(text),
			mode: optional(text),
			settings: record,
			tools: optional(text),
			files: list,
			accept_ms: count,
			total_ms: count
		},
		harvest: {
			job,
			of: job,
			lane: count,
			site: text,
			accept_ms: count,
			total_ms: count
		},
		cancel: { job },
		ack: {
			job,
			seq: count
		},
		resumed: {
			job,
			seq: count
		},
		stop: { job },
		diagnose: {
			request: text,
			site: text,
			lane: optional(count),
			adapter: optional(record),
			wait_ms: optional(count)
		},
		locate: {
			request: text,
			site: text,
			lane: optional(count)
		},
		pinned: { words: text },
		reread: {
			request: text,
			site: optional(text)
		},
		reload_idle: {
			site: text,
			lane: count,
			idle_ms: count
		},
		taught: {
			lesson: text,
			state: text,
			lines: list,
			words: text
		}
	};
	/** Every version of the protocol reads what it knows of these. */
	var OPEN = /* @__PURE__ */ new Set([
		"challenge",
		"welcome",
		"refused"
	]);
	/** Commands that order a turn, which can be told to have failed. */
	var ORDERS = /* @__PURE__ */ new Set(["job", "harvest"]);
	/** Reads one control message; null for what is none in any version. */
	function readMessage(data) {
		if (!text(data)) return null;
		let message;
		try {
			message = JSON.parse(data);
		} catch {
			return null;
		}
		if (!record(message) || !text(message.type)) return null;
		const { type } = message;
		if (!Object.hasOwn(COMMANDS, type)) return novelty(type);
		const fields = COMMANDS[type];
		if (!Object.entries(fields).every(([name, holds]) => holds(message[name]))) return null;
		const other = Object.keys(message).find((name) => name !== "type" && !Object.hasOwn(fields, name));
		if (other !== void 0 && !OPEN.has(type)) return novelty(`${type}.${other}`, ORDERS.has(type) ? message.job : void 0);
		if (type === "diagnose" && message.adapter !== void 0) {
			message.adapter = readAdapter(message.adapter);
			if (!message.adapter) return null;
		}
		if ("sites" in fields) message.sites = message.sites.flatMap(readSite);
		return message;
	}
	function novelty(what, job) {
		const ordered = text(job) ? { job } : {};
		return {
			type: "novelty",
			what: what.slice(0, 60),
			...ordered
		};
	}
	var NO_SIGNALS = {
		signed_out: [],
		challenge: [],
		consent: [],
		rate_limited: [],
		quota: [],
		maintenance: [],
		outdated: [],
		moderated: [],
		error: [],
		done: [],
		reset_words: [],
		session_ends: [],
		session_words: []
	};
	var COMPOSERS = /* @__PURE__ */ new Set([
		"textarea",
		"contenteditable",
		"prosemirror",
		"lexical",
		"quill"
	]);
	/** A site that this extension can serve, or nothing. */
	function readSite(site) {
		if (!record(site) || !text(site.name) || !text(site.origin) || !isOrigin(site.origin)) return [];
		const adapter = readAdapter(site.adapter);
		return adapter ? [{
			name: site.name,
			origin: site.origin,
			adapter
		}] : [];
	}
	function readAdapter(value) {
		if (!record(value) || value.schema !== 1) return null;
		const { page, locators, composer, send, answer } = value;
		if (!(record(page) && text(page.start) && record(locators) && Object.values(locators).every((some) => list(some) && some.every(record)) && record(composer) && COMPOSERS.has(composer.kind) && record(send) && list(send.by) && list(send.accepted) && record(answer) && text(answer.kind))) return null;
		const adapter = value;
		return {
			...adapter,
			signals: {
				...NO_SIGNALS,
				...adapter.signals
			},
			tap: adapter.tap ?? [],
			models: {
				...adapter.models,
				names: adapter.models?.names ?? []
			}
		};
	}
	// src/background/gateway.ts
	/** A silent socket is dead after this many heartbeats. */
	var MISSED_BEATS = 2.5;
	/** A handshake that hangs is given up. */
	var HANDSHAKE_MS = 15e3;
	/** How long to leave a gateway alone that told us to go. */
	var OUTDATED_MS = 6e5;
	var CHECK_MS = 5e3;
	var GatewayLink = class {
		gateway;
		around;
		events;
		code;
		state = "waiting";
		/** Words for the popup. */
		detail = "";
		fingerprint = "";
		/** The newest extension that the gateway carries; empty until it has said so. */
		carries = "";
		/** What the gateway understands beyond the first words of the protocol. */
		understands = /* @__PURE__ */ new Set();
		socket = null;
		backoff = new Backoff();
		undoRetry = () => {};
		undoCheck = () => {};
		/** One side took the other's words for none: a welcome alone does not mean that all is well. */
		misunderstood = false;
		retryAt = 0;
		heardAt = 0;
		beatMs = 2e4;
		constructor(gateway, around, events, code) {
			this.gateway = gateway;
			this.around = around;
			this.events = events;
			this.code = code;
		}
		get connected() {
			return this.state === "connected";
		}
		/** Opens the socket unless one is open or waits for its hour. */
		ensure() {
			if (this.socket) return this.check();
			if (this.state === "refused" || this.state === "superseded") return;
			if (this.around.now() >= this.retryAt) this.open();
		}
		/** A person wants it now. */
		retry() {
			this.retryAt = 0;
			this.misunderstood = false;
			this.backoff.reset();
			if (!this.socket) this.open();
		}
		/** Closes for good. */
		close() {
			this.undoRetry();
			this.undoCheck();
			const socket = this.socket;
			this.socket = null;
			this.state = "waiting";
			socket?.close(1e3);
		}
		say(message) {
			this.send(JSON.stringify(message));
		}
		/** Sends a chunk frame. */
		relay(frame) {
			this.send(frame);
		}
		send(data) {
			if (this.socket?.readyState === 1) this.socket.send(data);
		}
		open() {
			this.undoRetry();
			this.become("connecting", "");
			let socket;
			try {
				socket = this.around.connect(this.gateway.url);
			} catch (error) {
				return this.wait(`The address cannot be used: ${String(error)}`);
			}
			this.socket = socket;
			socket.binaryType = "arraybuffer";
			this.heardAt = this.around.now();
			this.watch();
			socket.onmessage = (event) => {
				if (this.socket === socket) this.hear(event.data);
			};
			socket.onclose = (event) => {
				if (this.socket === socket) this.lost(event.code, event.reason);
			};
		}
		async hear(data) {
			this.heardAt = this.around.now();
			if (data instanceof ArrayBuffer && this.connected) return this.events.brought(new Uint8Array(data));
			const message = readMessage(data);
			if (!message) return this.refuse("The gateway said something that is no message.");
			switch (message.type) {
				case "challenge": return this.answer(message);
				case "pairing": return this.compare(message.fingerprint);
				case "welcome": return this.welcome(message);
				case "refused":
					this.detail = message.message || message.code;
					return;
				case "heartbeat": return this.live();
				case "novelty": return this.marvel(message);
			}
			if (!this.connected) return this.refuse("The gateway gave an order before its welcome.");
			this.events.heard(this, message);
		}
		/** A sign of life; a socket that has lived so long is a good one. */
		live() {
			if (this.connected) {
				this.misunderstood = false;
				this.backoff.reset();
			}
			this.say({ type: "heartbeat" });
		}
		/** What only a later version understands is not obeyed. A gateway that keeps to what this one said
		* of itself says no such thing. */
		marvel({ what, job }) {
			const words = `The gateway says \`${what}\`, which this extension does not know: update the extension.`;
			if (!this.connected) {
				this.hangUp(CLOSE_VERSION);
				return this.outdate(words);
			}
			this.become("connected", words);
			if (job === void 0) return;
			const failure = {
				class: "bad_job",
				message: words
			};
			this.say({
				type: "failed",
				job,
				last_seq: 0,
				accepted: false,
				failure
			});
		}
		async answer(challenge) {
			const { identity, browser, label } = this.around;
			const socket = this.socket;
			if (challenge.protocol !== 1) this.detail = "The gateway speaks another version: update the older of the two.";
			const signature = await identity.prove(challenge.gateway, challenge.nonce);
			this.fingerprint = await identity.fingerprint(challenge.gateway);
			if (this.socket !== socket) return;
			this.gateway.id ??= challenge.gateway;
			this.understands = knownAbilities(challenge.abilities ?? []);
			this.say({
				type: "hello",
				protocol: 1,
				extension: "0.1.0",
				browser,
				label: label(),
				key: identity.key,
				signature,
				...this.code ? { code: this.code } : {},
				...challenge.abilities ? { abilities: ABILITIES } : {}
			});
			this.events.changed(this);
		}
		compare(theirs) {
			if (theirs !== this.fingerprint) return this.refuse("The gateway shows another fingerprint: somebody is in between.", true);
			this.become("pairing", "Compare the fingerprint with the one that the gateway shows.");
		}
		welcome(message) {
			delete this.code;
			this.gateway.node = message.node;
			this.beatMs = Math.max(1e3, message.heartbeat_ms);
			if (!this.misunderstood) this.backoff.reset();
			this.carries = message.extension_version;
			this.state = "connected";
			this.detail = "";
			this.events.welcomed(this, message.sites);
			this.events.changed(this);
		}
		/** Hangs up on what the protocol does not allow. */
		refuse(words, forGood = false) {
			this.hangUp(forGood ? CLOSE_REFUSED : CLOSE_BAD_MESSAGE);
			this.misunderstood = true;
			if (forGood) this.rest("refused", words);
			else this.wait(words);
		}
		hangUp(code) {
			const socket = this.socket;
			this.socket = null;
			socket?.close(code);
		}
		/** Another version is to be installed on one side; that takes its time. */
		outdate(words) {
			this.rest("outdated", words);
			this.retryIn(OUTDATED_MS);
		}
		lost(code, reason) {
			this.socket = null;
			const words = this.detail || reason;
			if (code === 4401 || code === 4403) this.rest("refused", words || "The gateway does not know this browser.");
			else if (code === 4409) this.rest("superseded", words || "This browser is connected from another window.");
			else if (code === 4426) this.outdate(words || "Update the extension or the gateway.");
			else {
				this.misunderstood ||= code === CLOSE_BAD_MESSAGE;
				this.wait(words || "No gateway answers at this address.");
			}
		}
		rest(state, words) {
			this.undoCheck();
			this.become(state, words);
		}
		wait(words) {
			this.rest("waiting", words);
			this.retryIn(this.backoff.next());
		}
		retryIn(ms) {
			this.retryAt = this.around.now() + ms;
			this.undoRetry();
			this.undoRetry = this.around.after(ms, () => this.open());
		}
		become(state, detail) {
			this.state = state;
			this.detail = detail;
			this.events.changed(this);
		}
		watch() {
			this.undoCheck();
			this.undoCheck = this.around.after(CHECK_MS, () => {
				this.check();
				if (this.socket) this.watch();
			});
		}
		/** Drops a socket on which nothing comes any more. */
		check() {
			const limit = this.connected ? MISSED_BEATS * this.beatMs : HANDSHAKE_MS;
			if (this.state === "pairing" || this.around.now() - this.heardAt <= limit) return;
			this.hangUp(4408);
			this.wait("The gateway is silent.");
		}
	};
	// src/background/idle.ts
	/** A runner that answers later than this speaks of another moment. */
	var ANSWER_MS = 1e4;
	var Idle = class {
		care;
		/** Tabs whose runners were asked: for which gateway, and when. */
		asked = /* @__PURE__ */ new Map();
		constructor(care) {
			this.care = care;
		}
		/** A gateway's word: the page is asked first. */
		take({ gateway: { url } }, { site, lane, idle_ms }) {
			const found = this.care.sites[url]?.find(({ name }) => name === site);
			if (!found || !this.isIdle(url, found, lane)) return;
			this.asked.set(lane, {
				gateway: url,
				at: this.care.now()
			});
			this.care.lanes.tell(lane, {
				k: "untouched",
				gateway: url,
				site,
				ms: idle_ms
			});
		}
		/** The page is ready, and nobody has touched it for as long. */
		async answered(lane, { gateway, site }) {
			const { tab } = lane;
			const asked = this.asked.get(tab);
			this.asked.delete(tab);
			if (asked?.gateway !== gateway || this.care.now() - asked.at > ANSWER_MS) return;
			if (await this.care.watched(tab)) return;
			const found = this.care.sites[gateway]?.find(({ name }) => name === site);
			if (!found || this.care.lanes.get(tab) !== lane || !this.isIdle(gateway, found, tab)) return;
			await this.care.reload(tab);
		}
		isIdle(gateway, site, tab) {
			if (this.care.works(tab)) return false;
			const { state, lanes } = this.care.lanes.seat(gateway, site, null);
			return state === "ready" && lanes.some((one) => one.lane === tab && one.state === "idle");
		}
	};
	/** Whether a tab is the one that a person looks at: in front, in the window that has the keyboard. */
	async function watched(tab) {
		try {
			const { active, windowId } = await chrome.tabs.get(tab);
			return active && (await chrome.windows.get(windowId)).focused;
		} catch {
			return true;
		}
	}
	// src/background/places.ts
	/** No turn takes longer. */
	var KEEP_MS$1 = 72e5;
	var Places = class {
		sent = {};
		/** What an earlier worker wrote, as far as anybody may still ask for it. */
		restore(sent) {
			this.sent = sent;
			this.prune();
		}
		get(job) {
			return this.sent[job];
		}
		all() {
			return Object.entries(this.sent);
		}
		/** Resolves once it is written. */
		note(job, gateway, site, at) {
			this.sent[job] = {
				gateway,
				site,
				...at,
				at: this.sent[job]?.at ?? Date.now()
			};
			this.prune();
			return saveDisk({ places: this.sent });
		}
		drop(job) {
			if (!Object.hasOwn(this.sent, job)) return;
			delete this.sent[job];
			saveDisk({ places: this.sent });
		}
		prune() {
			const young = this.all().filter(([, { at }]) => Date.now() - at < KEEP_MS$1);
			this.sent = Object.fromEntries(young.slice(-100));
		}
	};
	// src/background/jobs.ts
	/** An end that nobody asked about again is forgotten after this time. */
	var KEEP_MS = 6e4;
	/** The number of a tab that is gone. */
	var NO_TAB = -1;
	var Jobs = class {
		places = new Places();
		entries = /* @__PURE__ */ new Map();
		over = [];
		/** What an earlier worker left, in this session of the browser or before it. */
		restore(jobs, over, sent) {
			this.over = over;
			this.places.restore(sent);
			for (const record of jobs) {
				const fresh = {
					live: false,
					run: 0,
					acceptedTold: false,
					endTold: false,
					lost: false,
					cancelled: false,
					given: true
				};
				this.entries.set(record.job, {
					...record,
					...fresh
				});
			}
			for (const [job, { gateway, site }] of this.places.all()) {
				if (this.known(job)) continue;
				const entry = {
					...newEntry(job, gateway, site, NO_TAB),
					live: false,
					given: true
				};
				this.entries.set(job, {
					...entry,
					accepted: true,
					sent: true,
					lost: true
				});
			}
		}
		get(job) {
			return this.entries.get(job);
		}
		/** Whether this turn was ever given to this node. */
		known(job) {
			return this.entries.has(job) || this.over.includes(job);
		}
		/** Writes the turn down before anything is typed. */
		async begin(job, gateway, site, tab) {
			this.forgetOld();
			const entry = newEntry(job, gateway, site, tab);
			this.entries.set(job, entry);
			await this.save();
			return entry;
		}
		/** The turn is over and the gateway knows it. */
		end(job) {
			const entry = this.entries.get(job);
			if (!entry) return;
			this.entries.delete(job);
			if (!entry.lost) this.places.drop(job);
			this.over = [...this.over.slice(-500), job];
			this.save();
		}
		/** Its page is done; it is kept for a while in case the gateway does not hear of it. */
		finish(entry) {
			entry.finishedAt ||= Date.now();
			this.save();
		}
		/** Its prompt is about to be sent. Resolves once that is written. */
		async send(entry, at) {
			entry.sent = true;
			const { job, gateway, site } = entry;
			await Promise.all([this.save(), this.places.note(job, gateway, site, at)]);
		}
		accept(entry) {
			entry.accepted = true;
			this.save();
		}
		/** Refused before it began: its id is used up all the same. */
		refuse(job) {
			this.over = [...this.over.slice(-500), job];
			this.save();
		}
		ofTab(tab) {
			return [...this.entries.values()].filter((entry) => entry.tab === tab);
		}
		ofGateway(gateway) {
			this.forgetOld();
			return [...this.entries.values()].filter((entry) => entry.gateway === gateway);
		}
		/** Turns that run now. */
		running() {
			return [...this.entries.values()].filter((entry) => entry.finishedAt === 0);
		}
		forgetOld() {
			const now = Date.now();
			for (const entry of this.entries.values()) if (entry.finishedAt > 0 && now - entry.finishedAt > KEEP_MS) this.end(entry.job);
		}
		save() {
			return saveSession({
				jobs: [...this.entries.values()].map(recordOf),
				over: this.over
			});
		}
	};
	function newEntry(job, gateway, site, tab) {
		return {
			job,
			gateway,
			site,
			tab,
			accepted: false,
			sent: false,
			sentSeq: 0,
			finishedAt: 0,
			live: true,
			run: 0,
			acceptedTold: false,
			endTold: false,
			lost: false,
			cancelled: false,
			given: false
		};
	}
	/** What of an entry outlives the worker. */
	function recordOf(entry) {
		const { job, gateway, site, tab, accepted, sent, sentSeq, finishedAt } = entry;
		return {
			job,
			gateway,
			site,
			tab,
			accepted,
			sent,
			sentSeq,
			finishedAt
		};
	}
	// src/shared/offered.ts
	/** `found`: what the page itself told, in place of the adapter's known names. */
	function offered(adapter, found = []) {
		const named = adapter.models.names ?? [];
		const names = found.length > 0 ? found : named.length > 0 ? named : ["default"];
		const modes = (adapter.modes ?? []).flatMap(({ name, sides }) => sides > 1 ? [
			name,
			`${name}@a`,
			`${name}@b`
		] : [name]);
		return [...names, ...modes];
	}
	// src/background/lanes.ts
	var NONE = {
		models: [],
		told: {}
	};
	var NOTHING = {
		verdicts: [],
		busy: false,
		yielded: false,
		standing: null
	};
	/** From what serves best to what serves least. */
	var BEST_FIRST = [
		"ready",
		"loading",
		"challenge",
		"consent",
		"signed_out",
		"error",
		"page_changed",
		"no_tab",
		"not_permitted"
	];
	var Lanes = class {
		byTab = /* @__PURE__ */ new Map();
		/** Models that pages told, kept while none of them is open. */
		told = /* @__PURE__ */ new Map();
		/** A runner opened its Port; it replaces that of the tab's earlier page. */
		add(tab, origin, port) {
			const lane = {
				tab,
				origin,
				port,
				report: NOTHING,
				greeted: false
			};
			this.byTab.set(tab, lane);
			return lane;
		}
		/** Its Port closed. False where another page of the tab has taken its place. */
		remove(lane) {
			return this.byTab.get(lane.tab) === lane && this.byTab.delete(lane.tab);
		}
		get(tab) {
			return this.byTab.get(tab);
		}
		all() {
			return [...this.byTab.values()];
		}
		tell(tab, message) {
			try {
				this.byTab.get(tab)?.port.postMessage(message);
			} catch {}
		}
		/** The sites that a tab's origin may serve. */
		offer(lane, sites) {
			const offers = Object.entries(sites).flatMap(([gateway, some]) => some.filter(({ origin }) => origin === lane.origin).map((site) => ({
				gateway,
				site
			})));
			this.tell(lane.tab, {
				k: "offers",
				offers
			});
		}
		/** What a tab's page shows for one site. */
		verdict(tab, gateway, site) {
			return (this.byTab.get(tab)?.report.verdicts)?.find((verdict) => verdict.gateway === gateway && verdict.site === site);
		}
		/** The tab of the site that serves best; one of its origin that is no lane rather than none. */
		tabFor(gateway, { name, origin }) {
			const rank = (tab) => {
				const verdict = this.verdict(tab, gateway, name);
				return verdict ? BEST_FIRST.indexOf(verdict.state) : BEST_FIRST.length;
			};
			return this.all().filter((lane) => lane.origin === origin).map(({ tab }) => tab).sort((a, b) => rank(a) - rank(b))[0];
		}
		/** What the pages of a site tell of its models. */
		models(gateway, site) {
			const key = `${gateway} ${site}`;
			for (const { tab } of this.all()) {
				const { models, told } = this.verdict(tab, gateway, site) ?? NONE;
				if (models.length > 0) this.told.set(key, {
					models,
					told
				});
			}
			return this.told.get(key) ?? NONE;
		}
		/** The seat of a site, as its gateway is told. */
		seat(gateway, site, lack) {
			const { models, told } = this.models(gateway, site.name);
			const seat = {
				site: site.name,
				state: "no_tab",
				detail: "",
				lanes: [],
				models: offered(site.adapter, models),
				told,
				harvests: (site.adapter.locators.answer ?? []).length > 0
			};
			if (lack !== null) return {
				...seat,
				state: "not_permitted",
				detail: lack
			};
			let best = BEST_FIRST.indexOf(seat.state);
			for (const { tab, report } of this.all()) {
				const verdict = this.verdict(tab, gateway, site.name);
				if (!verdict) continue;
				if (verdict.lane) {
					const state = laneState(report, verdict);
					const { standing } = report;
					const after = standing?.gateway === gateway ? { after: standing.job } : {};
					seat.lanes.push({
						lane: tab,
						state,
						...after
					});
				}
				const rank = BEST_FIRST.indexOf(verdict.state);
				if (rank >= best) continue;
				best = rank;
				seat.state = verdict.state;
				seat.detail = verdict.detail;
			}
			seat.lanes.sort((a, b) => a.lane - b.lane);
			return seat;
		}
	};
	function laneState(report, verdict) {
		if (report.busy) return "busy";
		if (report.yielded) return "yielded";
		return verdict.state === "ready" ? "idle" : "unready";
	}
	// src/background/needs.ts
	var REASONS = [
		"signed_out",
		"challenge",
		"consent",
		"quota"
	];
	var ADVICE = {
		signed_out: "The page is signed out: sign in there.",
		challenge: "The page asks for a proof of its human: answer it yourself.",
		consent: "The page asks for a consent: read it and answer it.",
		quota: "A quota of the account is used up: the page is used again after its reset."
	};
	/** Pages that check their visitor by themselves are done sooner. */
	var SETTLE_MS = 5e3;
	/** No site's quota is reset later. */
	var QUOTA_MS = 864e5;
	var Needs = class {
		care;
		byOrigin;
		constructor(care, kept = []) {
			this.care = care;
			this.byOrigin = new Map(kept.map((need) => [need.origin, need]));
		}
		all() {
			return [...this.byOrigin.values()];
		}
		/** Takes up what the pages show now. A tab that is closed or loads has not been mended. */
		look() {
			const before = JSON.stringify(this.all());
			const now = this.care.now();
			const pages = /* @__PURE__ */ new Map();
			for (const shown of this.care.shown()) pages.set(shown.origin, [...pages.get(shown.origin) ?? [], shown]);
			for (const [origin, shown] of pages) {
				const asks = shown.find(({ state }) => isReason(state));
				if (asks) this.note(origin, asks.site, asks.state);
				else if (shown.some(({ state }) => state === "ready")) this.mended(origin);
			}
			for (const need of this.all()) if (need.reason === "quota" && now - need.since >= QUOTA_MS || !pages.has(need.origin)) this.forget(need);
			else if (!need.told && now - need.since >= SETTLE_MS) this.tell(need);
			if (JSON.stringify(this.all()) !== before) this.care.save(this.all());
		}
		/** A turn ended on a page: it may have met the end of a quota. */
		ended(origin, site, outcome) {
			if (outcome.kind === "failed" && outcome.failure.class === "quota") this.note(origin, site, "quota");
			else if (outcome.kind === "done" && !outcome.cancelled) {
				const need = this.byOrigin.get(origin);
				if (need?.reason === "quota") this.forget(need);
			}
			this.look();
		}
		note(origin, site, reason) {
			if (this.byOrigin.get(origin)?.reason === reason) return;
			const need = {
				origin,
				site,
				reason,
				since: this.care.now(),
				told: false
			};
			this.byOrigin.set(origin, need);
			this.care.after(SETTLE_MS, () => this.look());
		}
		/** The page can be used; what its account lacks lasts longer. */
		mended(origin) {
			const need = this.byOrigin.get(origin);
			if (need && need.reason !== "quota") this.forget(need);
		}
		tell(need) {
			need.told = true;
			this.care.tell(need);
		}
		forget(need) {
			this.byOrigin.delete(need.origin);
			if (need.told) this.care.withdraw(need);
		}
	};
	function isReason(state) {
		return REASONS.includes(state);
	}
	// src/background/notices.ts
	var PREFIX = "need ";
	/** There is no such API before the permission is given. */
	function notifications() {
		return chrome.notifications;
	}
	function notify({ origin, site, reason }) {
		const made = notifications()?.create(PREFIX + origin, {
			type: "basic",
			iconUrl: chrome.runtime.getURL("icons/128.png"),
			title: `Tabway: ${site} needs you`,
			message: ADVICE[reason]
		});
		Promise.resolve(made).catch(() => {});
	}
	function withdraw({ origin }) {
		Promise.resolve(notifications()?.clear(PREFIX + origin)).catch(() => {});
	}
	/** A click on a notification brings the page to the front. */
	function listenToNotices(node) {
		const api = notifications();
		if (!api || api.onClicked.hasListener(clicked)) return;
		whose = node;
		api.onClicked.addListener(clicked);
	}
	var whose = null;
	function clicked(id) {
		if (!whose || !id.startsWith(PREFIX)) return;
		whose().then((node) => bringForward(node, id.slice(5)));
	}
	/** Shows the tab in which the human is needed, or opens one. */
	async function bringForward(node, origin) {
		const lanes = node.lanes.all().filter((lane) => lane.origin === origin);
		const tab = (lanes.find(({ report }) => report.verdicts.some(({ state }) => state !== "ready")) ?? lanes[0])?.tab;
		try {
			if (tab === void 0) return void await chrome.tabs.create({ url: origin });
			const shown = await chrome.tabs.update(tab, { active: true });
			if (shown) await chrome.windows.update(shown.windowId, { focused: true });
		} catch {}
	}
	// src/teach/lessons.ts
	var Lessons = class {
		school;
		byTab = /* @__PURE__ */ new Map();
		constructor(school) {
			this.school = school;
		}
		/** Origins whose pages need our scripts although no site names them yet. */
		origins() {
			return [...this.byTab.values()].map(({ origin }) => origin);
		}
		/** Whether a site is the draft of a lesson that its person is at. */
		tries(site) {
			const of = ({ lesson }) => site.startsWith("draft:") && site.endsWith(`:${lesson.lesson}`);
			return [...this.byTab.values()].some(of);
		}
		/** A person wants to teach a tab, or to repair the adapter of a site in it. */
		async begin(tab, origin, site) {
			const of = ([url, link]) => link.connected && (!site || this.school.sites[url]?.some(({ name }) => name === site));
			const gateway = [...this.school.links].find(of)?.[0];
			if (!gateway) return "No gateway is connected that could learn this page.";
			const known = this.school.sites[gateway]?.find(({ name }) => name === site);
			const lesson = {
				lesson: crypto.randomUUID(),
				name: known?.adapter.name ?? "",
				...known ? { repairs: {
					site,
					adapter: known.adapter
				} } : {},
				report: null
			};
			this.byTab.set(tab, {
				tab,
				origin,
				gateway,
				lesson,
				reloaded: false
			});
			await this.school.reconcile();
			this.tell(tab);
			return null;
		}
		/** A page of a tab is there, before it is told of any site. `tapped`: its streams can be read. */
		greet(lane, tapped) {
			const kept = this.byTab.get(lane.tab);
			if (!kept || kept.origin !== lane.origin) return;
			if (!tapped && !kept.reloaded) {
				kept.reloaded = true;
				Promise.resolve(chrome.tabs.reload(lane.tab)).catch(() => {});
				return;
			}
			this.tell(lane.tab);
		}
		/** The person or the page of a tab says something of its lesson. */
		hear(lane, word) {
			const kept = this.byTab.get(lane.tab);
			if (!kept || kept.origin !== lane.origin) return;
			const { lesson, name, repairs } = kept.lesson;
			const link = this.school.links.get(kept.gateway);
			switch (word.k) {
				case "seen":
					if (!link?.connected) return this.report(kept, "The gateway is away.");
					return link.say({
						type: "teach",
						...word.lesson,
						lesson,
						lane: lane.tab,
						origin: kept.origin,
						name,
						...repairs ? { repairs: repairs.site } : {}
					});
				case "keep": return link?.say({
					type: "keep_lesson",
					lesson
				});
				case "again":
					link?.say({
						type: "end_lesson",
						lesson
					});
					kept.lesson = {
						...kept.lesson,
						lesson: crypto.randomUUID(),
						report: null
					};
					return this.tell(lane.tab);
				case "end":
					link?.say({
						type: "end_lesson",
						lesson
					});
					return this.forget(lane.tab);
			}
		}
		/** The gateway says what it made of a lesson. */
		taught(report) {
			const kept = [...this.byTab.values()].find(({ lesson }) => lesson.lesson === report.lesson);
			if (!kept) return;
			kept.lesson = {
				...kept.lesson,
				report
			};
			this.tell(kept.tab);
		}
		/** The tab is gone. */
		forget(tab) {
			if (!this.byTab.delete(tab)) return;
			this.school.tellTab(tab, {
				k: "teach",
				lesson: null
			});
			this.school.reconcile();
		}
		report(kept, words) {
			this.taught({
				lesson: kept.lesson.lesson,
				state: "failed",
				lines: [],
				words
			});
		}
		tell(tab) {
			const kept = this.byTab.get(tab);
			if (kept) this.school.tellTab(tab, {
				k: "teach",
				lesson: kept.lesson
			});
		}
	};
	// src/background/rereads.ts
	/** How long a page may take to be read, or to load and be read. */
	var READ_MS = 15e3;
	var Rereads = class {
		desk;
		asked = /* @__PURE__ */ new Map();
		/** Pages that are loaded again for their list. */
		loading = /* @__PURE__ */ new Set();
		count = 0;
		constructor(desk) {
			this.desk = desk;
		}
		/** A gateway's wish: it hears of it once the seats that it changed are told. */
		async take(link, { request, site }) {
			const { url } = link.gateway;
			const wanted = (this.desk.sites[url] ?? []).filter(({ name }) => site === void 0 || name === site);
			const read = [];
			const busy = [];
			await Promise.all(wanted.map(async (one) => {
				const outcome = await this.read(url, one);
				if (outcome === "read") read.push(one.name);
				else if (outcome === "busy") busy.push(one.name);
			}));
			link.say({
				type: "reread",
				request,
				read,
				busy
			});
		}
		/** Reads the models of one site in a tab of it that nobody uses. */
		async read(gateway, site) {
			if (!site.adapter.models.source) return "none";
			const lanes = this.desk.lanes.seat(gateway, site, null).lanes;
			if (lanes.length === 0) return "none";
			const tab = lanes.find(({ state }) => state === "idle")?.lane;
			if (tab === void 0) return "busy";
			const request = String(this.count += 1);
			const way = await this.until("busy", (done) => {
				this.asked.set(request, done);
				this.desk.lanes.tell(tab, {
					k: "reread",
					gateway,
					request,
					site: site.name
				});
				return () => this.asked.delete(request);
			});
			return way === "reload" ? this.load(tab, gateway, site) : way;
		}
		/** A runner's answer. */
		answered({ request, way }) {
			this.asked.get(request)?.(way);
		}
		/** A page has said what it shows. */
		reported(lane) {
			for (const look of this.loading) look(lane);
		}
		load(tab, gateway, site) {
			const old = this.desk.lanes.get(tab)?.port;
			return this.until("busy", (done) => {
				const look = (lane) => {
					if (lane.tab !== tab || lane.port === old) return;
					const verdict = this.desk.lanes.verdict(tab, gateway, site.name);
					if (verdict && verdict.models.length > 0) done("read");
				};
				this.loading.add(look);
				Promise.resolve(chrome.tabs.reload(tab)).catch(() => done("busy"));
				return () => this.loading.delete(look);
			});
		}
		/** What `begin` comes to, `otherwise` where it takes too long. */
		until(otherwise, begin) {
			return new Promise((resolve) => {
				let end = () => {};
				const done = (value) => {
					undo();
					end();
					resolve(value);
				};
				const undo = this.desk.after(READ_MS, () => done(otherwise));
				end = begin(done);
			});
		}
	};
	// src/background/turns.ts
	var Turns = class {
		desk;
		/** What was ordered, until the page has taken the prompt. */
		orders = /* @__PURE__ */ new Map();
		/** Turns whose page is being opened for them, and what its runner is told then. */
		navigating = /* @__PURE__ */ new Map();
		constructor(desk) {
			this.desk = desk;
		}
		/** The gateway is in again: turns whose pages were heard of are resumed. */
		welcomed(link) {
			const held = this.desk.jobs.ofGateway(link.gateway.url).filter((entry) => this.mayResume(entry));
			if (held.length > 0) this.resume(link, held);
		}
		/** The page of a tab is gone, and with it the turn that it held. */
		loseTab(tab) {
			for (const entry of this.desk.jobs.ofTab(tab)) this.losePage(entry);
		}
		/** First word of a runner: what it holds is resumed, what it lacks is lost. */
		greet(lane, held) {
			lane.greeted = true;
			for (const { job, accepted, sending, lastSeq } of held) {
				const entry = this.desk.jobs.get(job);
				if (!entry || entry.lost || entry.tab !== lane.tab) {
					this.desk.lanes.tell(lane.tab, {
						k: "forget",
						job
					});
					continue;
				}
				if (accepted && !entry.accepted) this.desk.jobs.accept(entry);
				if (sending && !accepted) this.sending(lane, job, sending);
				entry.live = false;
				const link = this.desk.links.get(entry.gateway);
				if (link?.connected) this.resume(link, [entry], lastSeq);
			}
			for (const entry of this.desk.jobs.ofTab(lane.tab)) {
				if (held.some(({ job }) => job === entry.job)) continue;
				const begin = this.navigating.get(entry.job);
				if (begin && !entry.cancelled) {
					this.navigating.delete(entry.job);
					begin();
				} else this.losePage(entry);
			}
		}
		/** An order: given to its tab, or refused with the reason. */
		async take(link, order) {
			const { type: _, ...job } = order;
			if (this.desk.jobs.known(job.job)) return;
			const { url } = link.gateway;
			const site = this.desk.sites[url]?.find(({ name }) => name === job.site);
			const files = this.desk.filesOf(job);
			const problem = this.objection(url, job, site);
			if (problem || !site || !files) {
				this.desk.jobs.refuse(job.job);
				const failure = problem ?? refusal("bad_job", "The files of the turn did not come whole.");
				return link.say({
					type: "failed",
					job: job.job,
					last_seq: 0,
					accepted: false,
					failure
				});
			}
			this.desk.counters.turns += 1;
			const kept = {
				job,
				site,
				files
			};
			this.orders.set(job.job, kept);
			const entry = await this.desk.jobs.begin(job.job, url, job.site, job.lane);
			if (site.adapter.page.needs_visible) await this.desk.apart.mend();
			if (entry.lost) return;
			if (entry.cancelled) return this.sayCancelled(link, entry);
			entry.given = true;
			this.give(entry, kept, false);
			this.desk.shown();
		}
		/** Hands a turn to its tab, its files first. */
		give(entry, { job, site, files }, opened) {
			const { gateway, tab } = entry;
			for (const [file, pieces] of files.entries()) for (const piece of pieces) this.desk.lanes.tell(tab, {
				k: "file",
				job: job.job,
				file,
				bytes: toBase64(piece)
			});
			const memory = this.desk.memoryOf(gateway, site);
			this.desk.lanes.tell(tab, {
				k: "job",
				gateway,
				job,
				site,
				opened,
				memory
			});
		}
		objection(url, job, site) {
			const lane = this.desk.lanes.get(job.lane);
			const verdict = this.desk.lanes.verdict(job.lane, url, job.site);
			if (!site || !lane || !verdict?.lane || this.desk.lack(url, site) !== null) return refusal("bad_job", "This node has no such lane.");
			if (this.desk.paused) return refusal("bad_job", "The node is paused by its owner.");
			if (lane.report.busy || this.desk.jobs.running().some(({ tab }) => tab === job.lane)) return refusal("bad_job", "The lane is busy.");
			if (lane.report.yielded) return refusal("human_busy", "A person uses the composer of this tab.");
			const { state, detail } = verdict;
			if (state === "ready") return null;
			const kind = [
				"challenge",
				"consent",
				"signed_out",
				"maintenance",
				"page_changed"
			].find((one) => one === state) ?? "not_started";
			const failure = refusal(kind, detail || "The page is not ready.");
			return kind === "page_changed" ? {
				...failure,
				locator: "composer"
			} : failure;
		}
		/** The answer of a lost turn is read where its conversation is: nothing but its address is used. */
		async harvest(link, message) {
			const { type: _, ...order } = message;
			const { jobs, lanes, sites } = this.desk;
			if (jobs.known(order.job)) return;
			const { url } = link.gateway;
			this.leave(link, order.of);
			const sent = jobs.places.get(order.of);
			const site = sites[url]?.find(({ name }) => name === order.site);
			const ours = sent?.gateway === url && sent.site === order.site;
			const objection = this.objection(url, order, site);
			const lane = lanes.get(order.lane);
			if (objection || !site || !lane || !sent || !ours) {
				jobs.refuse(order.job);
				const ended = {
					last_seq: 0,
					accepted: true,
					failure: objection ?? refusal("answer_lost", "Nothing is known any more of where the turn was sent.")
				};
				return link.say({
					type: "failed",
					job: order.job,
					...ended
				});
			}
			const entry = await jobs.begin(order.job, url, order.site, order.lane);
			if (site.adapter.page.needs_visible) await this.desk.apart.mend();
			if (entry.lost) return;
			if (entry.cancelled) return this.sayCancelled(link, entry);
			jobs.accept(entry);
			entry.given = true;
			this.openFor(entry, lane, site, sent.place, order.accept_ms, () => lanes.tell(entry.tab, {
				k: "harvest",
				gateway: url,
				harvest: order,
				site,
				at: sent
			}));
			this.desk.shown();
		}
		/** A turn is to be read elsewhere: what its page still writes is nobody's, and is not stopped. */
		leave(link, job) {
			const entry = this.owned(link, job);
			if (!entry) return;
			this.desk.lanes.tell(entry.tab, {
				k: "leave",
				job
			});
			entry.lost = true;
			this.orders.delete(job);
			this.desk.jobs.end(job);
		}
		/** The prompt is about to be sent: it is, once that is written down. */
		async sending(lane, job, at) {
			const entry = this.desk.jobs.get(job);
			if (!entry || entry.tab !== lane.tab || entry.lost) return;
			await this.desk.jobs.send(entry, at);
			this.desk.lanes.tell(lane.tab, {
				k: "send",
				job
			});
		}
		/** The conversation of a turn has an address of its own now. */
		moved(lane, job, at) {
			const entry = this.desk.jobs.get(job);
			if (entry?.sent && entry.tab === lane.tab) this.desk.jobs.send(entry, at);
		}
		/** The page took the prompt. */
		accepted(job) {
			const entry = this.desk.jobs.get(job);
			if (!entry || entry.accepted) return;
			this.desk.jobs.accept(entry);
			this.orders.delete(job);
			if (entry.live) this.sayAccepted(entry);
		}
		sayAccepted(entry) {
			entry.acceptedTold = true;
			this.linkOf(entry)?.say({
				type: "accepted",
				job: entry.job
			});
		}
		/** Frames of a runner on their way to the gateway. */
		relay({ job, run, last, frames }) {
			const entry = this.desk.jobs.get(job);
			const link = entry && this.linkOf(entry);
			if (!entry?.live || !link || entry.run !== run) return;
			for (const frame of frames) link.relay(fromBase64(frame));
			entry.sentSeq = last;
			this.desk.counters.frames += frames.length;
		}
		/** The runner's last word on a turn. */
		finished({ job, run, lastSeq, outcome }) {
			const entry = this.desk.jobs.get(job);
			const link = entry && this.linkOf(entry);
			if (!entry) return;
			this.orders.delete(job);
			if (entry.finishedAt === 0 && outcome.kind === "failed") this.desk.counters.failures += 1;
			this.desk.jobs.finish(entry);
			saveSession({ counters: this.desk.counters });
			if (entry.live && link && entry.run === run) {
				entry.endTold = true;
				if (outcome.kind === "done") link.say({
					type: "done",
					job,
					last_seq: lastSeq,
					cancelled: outcome.cancelled
				});
				else {
					const { accepted, failure } = outcome;
					link.say({
						type: "failed",
						job,
						last_seq: lastSeq,
						accepted,
						failure
					});
				}
			}
			this.desk.shown();
		}
		/** The turn needs its page opened at a place of the site; its runner goes with the page. */
		navigate(lane, job, place) {
			const entry = this.desk.jobs.get(job);
			const order = this.orders.get(job);
			if (!entry || !order || entry.tab !== lane.tab || entry.accepted) return;
			this.openFor(entry, lane, order.site, place, order.job.accept_ms, () => this.give(entry, order, true));
		}
		/** Opens a page for a turn and goes on with its runner. */
		openFor(entry, lane, site, place, ms, begin) {
			this.navigating.set(entry.job, begin);
			open(lane, site, place).catch(() => {});
			this.desk.after(ms, () => {
				if (this.navigating.delete(entry.job)) this.losePage(entry);
			});
		}
		/** A page holds what cannot be taken out of it: it is opened anew. */
		reopen(lane, gateway, name) {
			const site = this.desk.sites[gateway]?.find((one) => one.name === name);
			if (site) open(lane, site, site.adapter.page.start).catch(() => {});
		}
		/** The client left. */
		cancel(link, job) {
			const entry = this.owned(link, job);
			if (!entry) return;
			entry.cancelled = true;
			if (this.navigating.delete(job)) return this.sayCancelled(link, entry);
			if (entry.given) this.desk.lanes.tell(entry.tab, {
				k: "cancel",
				job
			});
		}
		sayCancelled(link, { job }) {
			this.desk.jobs.end(job);
			this.orders.delete(job);
			link.say({
				type: "done",
				job,
				last_seq: 0,
				cancelled: true
			});
			this.desk.shown();
		}
		/** The gateway has frames. */
		ack(link, job, seq) {
			const entry = this.owned(link, job);
			if (entry) this.desk.lanes.tell(entry.tab, {
				k: "ack",
				job,
				seq
			});
		}
		/** Tells the gateway which turns are still held. */
		resume(link, entries, lastSeq) {
			const jobs = entries.map((entry) => {
				entry.acceptedTold = entry.accepted;
				const { job, accepted, sentSeq } = entry;
				return {
					job,
					accepted,
					last_seq: Math.max(sentSeq, lastSeq ?? 0),
					first_seq: 0
				};
			});
			link.say({
				type: "resume",
				jobs
			});
		}
		/** A turn is resumed once its page was heard of, or is known to be gone. */
		mayResume(entry) {
			return entry.lost || this.desk.lanes.get(entry.tab)?.greeted === true;
		}
		/** The gateway still wants a turn, and has its frames up to `seq`. */
		resumed(link, job, seq) {
			const entry = this.owned(link, job);
			if (!entry) return;
			entry.live = true;
			entry.sentSeq = seq;
			if (entry.lost || !this.desk.lanes.get(entry.tab)) return this.sayLost(entry);
			entry.run = Date.now();
			if (entry.accepted && !entry.acceptedTold) this.sayAccepted(entry);
			this.desk.lanes.tell(entry.tab, {
				k: "resend",
				job,
				after: seq,
				run: entry.run
			});
		}
		/** The gateway does not know a turn any more. */
		stopped(link, job) {
			const entry = this.owned(link, job);
			if (entry) this.settle(entry);
		}
		/** Nothing more is to be said of a turn. */
		settle(entry) {
			this.desk.lanes.tell(entry.tab, {
				k: "forget",
				job: entry.job
			});
			this.desk.jobs.end(entry.job);
			this.desk.shown();
		}
		/** A turn that this gateway gave; nobody speaks of another's. */
		owned(link, job) {
			const entry = this.desk.jobs.get(job);
			return entry?.gateway === link.gateway.url ? entry : void 0;
		}
		linkOf(entry) {
			const link = this.desk.links.get(entry.gateway);
			return link?.connected ? link : void 0;
		}
		/** The page of a turn is gone; what it had yet to say is lost. */
		losePage(entry) {
			if (this.navigating.has(entry.job)) return;
			if (entry.endTold) return;
			entry.lost = true;
			const link = this.linkOf(entry);
			if (entry.live) this.sayLost(entry);
			else if (link) this.resume(link, [entry]);
		}
		sayLost(entry) {
			const { job, sentSeq } = entry;
			const accepted = entry.accepted || entry.sent;
			const failure = refusal("lane_lost", "The tab was closed, reloaded or left.");
			this.linkOf(entry)?.say({
				type: "failed",
				job,
				last_seq: sentSeq,
				accepted,
				failure
			});
			this.desk.counters.failures += 1;
			this.orders.delete(job);
			this.desk.jobs.end(job);
			this.desk.shown();
		}
		/** A new worker's runners had their time to come back. */
		giveUpOnTheAbsent() {
			for (const entry of this.desk.jobs.running()) if (this.desk.lanes.get(entry.tab)?.greeted !== true) this.losePage(entry);
		}
	};
	/** Opens a place of the site in the tab of a lane; never one of another origin. */
	async function open(lane, site, place) {
		const { href, origin } = new URL(place, site.origin);
		const url = origin === site.origin ? href : site.origin;
		const { url: shown = "" } = await chrome.tabs.get(lane.tab);
		const isSame = withoutFragment(shown) === withoutFragment(url);
		if (!isSame || url.includes("#")) await chrome.tabs.update(lane.tab, { url });
		if (isSame) await chrome.tabs.reload(lane.tab);
	}
	function withoutFragment(url) {
		return url.split("#", 1)[0] ?? "";
	}
	function refusal(kind, message) {
		return {
			class: kind,
			message
		};
	}
	// src/background/node.ts
	/** After a new worker's start, runners have this long to say which turns they hold. */
	var REUNION_MS = 5e3;
	var Node = class {
		around;
		shown;
		links = /* @__PURE__ */ new Map();
		lanes = new Lanes();
		jobs = new Jobs();
		apart = new Apart();
		lessons = new Lessons(this);
		rereads = new Rereads(this);
		idle = this.idleOf();
		approvals = new Approvals();
		granted = /* @__PURE__ */ new Set();
		sites = {};
		paused = false;
		pictures = false;
		needs = this.needsOf([]);
		label = "";
		/** What a gateway last said of its human's wish. */
		notice = "";
		counters = {
			turns: 0,
			failures: 0,
			frames: 0
		};
		reloaded = [];
		remembered = {};
		files = new Files();
		toldSeats = /* @__PURE__ */ new Map();
		turns = new Turns(this);
		registering = Promise.resolve();
		constructor(around, shown) {
			this.around = around;
			this.shown = shown;
		}
		/** Takes up what the last worker left, and connects. */
		async start() {
			const [disk, session] = await Promise.all([loadDisk(), loadSession()]);
			this.sites = disk.sites;
			this.approvals = new Approvals(disk.approvals);
			this.paused = disk.paused;
			this.pictures = disk.pictures;
			this.needs = this.needsOf(session.needs);
			this.label = disk.label;
			this.counters = session.counters;
			this.reloaded = session.reloaded;
			this.remembered = session.remembered;
			this.jobs.restore(session.jobs, session.over, disk.places);
			for (const gateway of disk.gateways) this.addLink(gateway);
			if (session.jobs.length > 0) this.after(REUNION_MS, () => this.turns.giveUpOnTheAbsent());
			await this.reconcile();
			this.wake();
		}
		after(ms, callback) {
			return this.around.after(ms, callback);
		}
		/** An alarm, a start of the browser, a popup: every link that should be open is opened. */
		wake() {
			for (const link of this.links.values()) link.ensure();
		}
		/** Pairs with a gateway, or connects anew to one already paired. */
		pair(url, code, insecureLan) {
			this.links.get(url)?.close();
			this.addLink({
				url,
				insecureLan
			}, code).retry();
			this.shown();
		}
		/** Forgets a gateway and its sites. */
		async forget(url) {
			this.links.get(url)?.close();
			this.links.delete(url);
			for (const entry of this.jobs.ofGateway(url)) {
				this.lanes.tell(entry.tab, {
					k: "forget",
					job: entry.job
				});
				this.jobs.end(entry.job);
			}
			this.approvals.forget(url);
			await this.reconcile(({ [url]: _, ...others }) => others);
			await this.saveGateways();
		}
		addLink(gateway, code) {
			const link = new GatewayLink(gateway, {
				...this.around,
				label: () => this.label
			}, this, code);
			this.links.set(gateway.url, link);
			return link;
		}
		async saveGateways() {
			await saveDisk({
				gateways: [...this.links.values()].map(({ gateway }) => gateway).filter(({ node }) => node),
				sites: this.sites
			});
		}
		welcomed(link, sites) {
			const { url } = link.gateway;
			this.toldSeats.delete(url);
			this.turns.welcomed(link);
			this.takeSites(link, sites);
		}
		changed(link) {
			if (!link.connected) for (const entry of this.jobs.ofGateway(link.gateway.url)) entry.live = false;
			this.shown();
		}
		heard(link, message) {
			switch (message.type) {
				case "sites":
					this.takeSites(link, message.sites);
					return;
				case "job":
					this.turns.take(link, message);
					return;
				case "harvest":
					this.turns.harvest(link, message);
					return;
				case "cancel": return this.turns.cancel(link, message.job);
				case "ack": return this.turns.ack(link, message.job, message.seq);
				case "resumed": return this.turns.resumed(link, message.job, message.seq);
				case "stop": return this.turns.stopped(link, message.job);
				case "diagnose": return takeQuestion(this, link, message);
				case "reread":
					this.rereads.take(link, message);
					return;
				case "reload_idle": return this.idle.take(link, message);
				case "locate":
					sayWhere(this, link, message);
					return;
				case "pinned":
					this.notice = message.words;
					return this.shown();
				case "taught": return this.lessons.taught(message);
			}
		}
		brought(frame) {
			this.files.add(frame);
		}
		filesOf(job) {
			return this.files.take(job);
		}
		memoryOf(gateway, site) {
			return this.remembered[memoryKey(gateway, site)] ?? {};
		}
		async takeSites(link, sites) {
			await this.reconcile((others) => ({
				...others,
				[link.gateway.url]: sites
			}));
			await this.saveGateways();
		}
		/** Brings content scripts, lanes and seats in line with sites, permissions and approvals. */
		reconcile(change = (sites) => sites) {
			this.registering = this.registering.catch(() => {}).then(async () => {
				const sites = change(this.sites);
				const granted = await grantedOf([...originsOf(Object.values(sites)), ...this.lessons.origins()]);
				const approved = await this.approvals.review(sites, granted);
				this.sites = sites;
				this.granted = granted;
				if (approved) await saveDisk({ approvals: this.approvals.all() });
				await registerFor(this.granted);
				for (const lane of this.lanes.all()) this.lanes.offer(lane, this.offered(lane.origin));
				this.tellSeats();
			});
			return this.registering;
		}
		offered(origin) {
			if (!this.granted.has(origin)) return {};
			const usable = ([url, sites]) => [url, sites.filter((site) => this.lack(url, site) === null)];
			return Object.fromEntries(Object.entries(this.sites).map(usable));
		}
		/** What of its owner's consent a site lacks, in words; null where it may be used. */
		lack(gateway, { name, origin }) {
			if (!this.granted.has(origin)) return `${origin} is not granted.`;
			if (this.lessons.tries(name)) return null;
			const change = this.approvals.change(gateway, name);
			if (!change) return null;
			return `The adapter changed what it uses in the page (${change.parts.join(", ")}): open the popup.`;
		}
		/** The owner agrees to what an adapter touches now. */
		async approve(gateway, name, seen) {
			const site = this.sites[gateway]?.find((one) => one.name === name);
			if (!site || !await this.approvals.approve(gateway, site, seen)) return this.reconcile();
			await saveDisk({ approvals: this.approvals.all() });
			await this.reconcile();
		}
		seatsOf(gateway) {
			const sites = this.sites[gateway] ?? [];
			const picture = this.pictures ? { picture: true } : {};
			return sites.map((site) => ({
				...this.lanes.seat(gateway, site, this.lack(gateway, site)),
				...picture
			}));
		}
		needsOf(kept) {
			const shown = () => [...this.links.keys()].flatMap((url) => this.seatsOf(url).map(({ state }, at) => {
				const { name = "", origin = "" } = this.sites[url]?.[at] ?? {};
				return {
					origin,
					site: name,
					state
				};
			}));
			return new Needs({
				now: () => this.around.now(),
				after: (ms, callback) => this.after(ms, callback),
				shown,
				tell: notify,
				withdraw,
				save: (needs) => {
					saveSession({ needs });
					this.shown();
				}
			}, kept);
		}
		idleOf() {
			const node = this;
			return new Idle({
				lanes: this.lanes,
				get sites() {
					return node.sites;
				},
				works: (tab) => node.paused || node.jobs.running().some((entry) => entry.tab === tab),
				watched,
				reload: (tab) => chrome.tabs.reload(tab).catch(() => {}),
				now: () => node.around.now()
			});
		}
		tellSeats() {
			for (const [url, link] of this.links) {
				if (!link.connected) continue;
				const seats = this.seatsOf(url);
				const text = JSON.stringify([this.paused, seats]);
				if (text === this.toldSeats.get(url)) continue;
				this.toldSeats.set(url, text);
				link.say({
					type: "seats",
					paused: this.paused,
					seats
				});
			}
			this.needs.look();
			this.shown();
		}
		async pause(paused) {
			this.paused = paused;
			this.tellSeats();
			await saveDisk({ paused });
		}
		/** Whether gateways may have a picture of a page that needs its human. */
		async allowPictures(pictures) {
			this.pictures = pictures;
			this.tellSeats();
			await saveDisk({ pictures });
		}
		async rename(label) {
			this.label = label;
			await saveDisk({ label });
		}
		tellTab(tab, message) {
			this.lanes.tell(tab, message);
		}
		/** A runner opened its Port and has already said some. */
		attach(tab, origin, port, early) {
			const lane = this.lanes.add(tab, origin, port);
			port.onMessage.addListener((message) => {
				if (this.lanes.get(tab) === lane) this.hear(lane, message);
			});
			port.onDisconnect.addListener(() => {
				if (!this.lanes.remove(lane)) return;
				this.apart.drop(tab);
				this.turns.loseTab(tab);
				this.tellSeats();
			});
			Promise.resolve(chrome.tabs.update(tab, { autoDiscardable: false })).catch(() => {});
			for (const message of early) this.hear(lane, message);
			this.lanes.offer(lane, this.offered(origin));
		}
		hear(lane, message) {
			switch (message.k) {
				case "hello":
					this.lessons.greet(lane, message.tapped);
					return this.turns.greet(lane, message.held);
				case "lesson": return this.lessons.hear(lane, message.word);
				case "report":
					lane.report = message.report;
					if (this.mustBeSeen(lane)) this.apart.keep(lane.tab);
					this.tellSeats();
					return this.rereads.reported(lane);
				case "reread": return this.rereads.answered(message);
				case "sending":
					this.turns.sending(lane, message.job, message.at);
					return;
				case "moved": return this.turns.moved(lane, message.job, message.at);
				case "untouched":
					this.idle.answered(lane, message);
					return;
				case "accepted": return this.turns.accepted(message.job);
				case "frames": return this.turns.relay(message);
				case "finished":
					this.needs.ended(lane.origin, this.jobs.get(message.job)?.site ?? "", message.outcome);
					return this.turns.finished(message);
				case "diagnosis": return this.links.get(message.gateway)?.say({
					type: "diagnosis",
					...message.diagnosis
				});
				case "navigate": return this.turns.navigate(lane, message.job, message.place);
				case "reopen": return this.turns.reopen(lane, message.gateway, message.site);
				case "remember":
					this.remembered[message.key] = message.values;
					saveSession({ remembered: this.remembered });
					return;
				case "reloadable": return this.reload(lane.tab);
				case "timer": this.after(message.ms, () => this.lanes.tell(lane.tab, {
					k: "timer",
					id: message.id
				}));
			}
		}
		mustBeSeen({ report }) {
			return report.verdicts.some(({ gateway, site, lane }) => {
				const found = this.sites[gateway]?.find(({ name }) => name === site);
				return lane && found?.adapter.page.needs_visible;
			});
		}
		reload(tab) {
			if (this.reloaded.includes(tab)) return;
			this.reloaded = [...this.reloaded.slice(-200), tab];
			saveSession({ reloaded: this.reloaded });
			chrome.tabs.reload(tab).catch(() => {});
		}
	};
	// src/background/order.ts
	var ORDER_FILE = "order.json";
	/** More tabs of a site than this are a mistake. */
	var MAX_LANES = 16;
	/** The order of this copy, or null. */
	async function readOrder() {
		return orderOf(await (await fetch(chrome.runtime.getURL(ORDER_FILE))).json());
	}
	/** An order, where it is whole; one that is not is nobody's. */
	function orderOf(value) {
		if (typeof value !== "object" || value === null) return null;
		const { gateway, key, label, sites, lanes } = value;
		if (typeof gateway !== "string" || !isSocket(gateway)) return null;
		if (typeof label !== "string" || label === "" || label.length > 100) return null;
		if (!Array.isArray(sites) || !sites.every((site) => typeof site === "string")) return null;
		if (!Number.isInteger(lanes) || lanes < 1 || lanes > MAX_LANES) return null;
		if (key !== void 0 && typeof key !== "string") return null;
		return {
			gateway,
			label,
			sites,
			lanes,
			...key ? { key } : {}
		};
	}
	function isSocket(text) {
		try {
			return /^wss?:$/.test(new URL(text).protocol);
		} catch {
			return false;
		}
	}
	// src/background/popup.ts
	/** Does what the popup asks; the words of a refusal, or null. */
	async function obey(node, ask) {
		switch (ask.k) {
			case "pair":
				try {
					node.pair(socketAddress(ask.address, ask.insecureLan), ask.code.trim(), ask.insecureLan);
				} catch (error) {
					if (error instanceof BadAddress) return error.message;
					throw error;
				}
				return null;
			case "retry":
				node.links.get(ask.url)?.retry();
				return null;
			case "forget":
				await node.forget(ask.url);
				return null;
			case "pause":
				await node.pause(ask.paused);
				return null;
			case "rename":
				await node.rename(ask.label.trim().slice(0, 100));
				return null;
			case "pictures":
				await node.allowPictures(ask.allowed);
				return null;
			case "front":
				await bringForward(node, ask.origin);
				return null;
			case "approve":
				await node.approve(ask.gateway, ask.site, ask.seen);
				return null;
			case "reread": {
				const site = node.sites[ask.gateway]?.find(({ name }) => name === ask.site);
				return (site && await node.rereads.read(ask.gateway, site)) === "busy" ? "The page is in use: its models were not read." : null;
			}
			case "pin": return capture(node, ask);
			case "teach": return node.lessons.begin(ask.tab, ask.origin, ask.site);
			case "permissions":
				await node.reconcile();
				return null;
		}
	}
	function snapshotOf(node) {
		return {
			version: "0.1.0",
			overall: badgeOf(node),
			paused: node.paused,
			label: node.label,
			pictures: node.pictures,
			needs: node.needs.all(),
			gateways: [...node.links.values()].map(({ gateway, state, detail, fingerprint, carries }) => ({
				url: gateway.url,
				state,
				detail,
				fingerprint,
				id: gateway.id ?? "",
				node: gateway.node ?? "",
				carries,
				insecure: gateway.url.startsWith("ws:") && !isLoopback(new URL(gateway.url).hostname)
			})),
			sites: [...node.links.keys()].flatMap((url) => sitesOf(node, url)),
			turns: node.jobs.running().map(({ job, site, tab, accepted }) => ({
				job,
				site,
				tab,
				accepted
			})),
			counters: node.counters,
			notice: node.notice
		};
	}
	function sitesOf(node, gateway) {
		const seats = node.seatsOf(gateway);
		return (node.sites[gateway] ?? []).map(({ name, origin, adapter }, at) => ({
			gateway,
			name,
			title: adapter.title,
			revision: adapter.revision,
			origin,
			pattern: patternOf(origin),
			start: new URL(adapter.page.start, origin).href,
			terms: adapter.terms ?? "",
			officialApi: adapter.official_api ?? "",
			granted: node.granted.has(origin),
			change: node.approvals.change(gateway, name) ?? null,
			state: seats[at]?.state ?? "no_tab",
			detail: seats[at]?.detail ?? "",
			models: seats[at]?.models ?? [],
			tells: adapter.models.source !== void 0,
			lanes: (seats[at]?.lanes ?? []).map(({ lane, state }) => ({
				tab: lane,
				state
			}))
		}));
	}
	// src/background/main.ts
	var WAKE_ALARM = "wake";
	/**
	* Chromium: a floor under the reconnect timer, which dies with the worker; 30 s is the least it
	* grants. Firefox: what keeps the event page, and with it the socket, alive at all.
	*/
	var WAKE_MINUTES = .5;
	/** While a person compares fingerprints nothing travels: a call to the browser keeps us awake. */
	var STAY_AWAKE_MS = 2e4;
	var popups = /* @__PURE__ */ new Set();
	var showing = false;
	/** In a browser of a fleet. */
	var tended = null;
	/** Tells popups and badge, once for all that changes in the same moment. */
	function show(node) {
		if (showing) return;
		showing = true;
		queueMicrotask(() => {
			showing = false;
			showBadge(node);
			tended?.soon();
			if (popups.size === 0) return;
			const message = {
				k: "snapshot",
				snapshot: snapshotOf(node)
			};
			for (const port of popups) port.postMessage(message);
		});
	}
	function after(ms, callback) {
		const timer = setTimeout(callback, ms);
		return () => clearTimeout(timer);
	}
	var started = (async () => {
		const node = new Node({
			identity: await identity(),
			browser: browserName(),
			connect: (url) => new WebSocket(url),
			now: Date.now,
			after
		}, () => show(node));
		await node.start();
		const order = await readOrder().catch(() => null);
		if (order) tended = await obeyOrder(node, order);
		show(node);
		return node;
	})();
	function browserName() {
		const known = /(Firefox|Edg|OPR|Chrome)\/([\d.]+)/.exec(navigator.userAgent);
		const name = known?.[1] === "Chrome" ? "Chromium" : known?.[1];
		return known ? `${name} ${known[2]}` : "unknown";
	}
	function withNode(action) {
		return () => void started.then(action);
	}
	chrome.tabs.onRemoved.addListener((tab) => {
		started.then((node) => node.lessons.forget(tab));
		tended?.soon();
	});
	chrome.alarms.onAlarm.addListener(withNode((node) => {
		node.wake();
		tended?.soon();
	}));
	chrome.runtime.onStartup.addListener(withNode((node) => node.wake()));
	chrome.permissions.onAdded.addListener(withNode((node) => {
		listenToNotices(() => started);
		node.reconcile();
	}));
	chrome.permissions.onRemoved.addListener(withNode((node) => void node.reconcile()));
	chrome.tabs.onActivated.addListener(withNode((node) => void node.apart.mend()));
	chrome.tabs.onAttached.addListener(withNode((node) => void node.apart.mend()));
	chrome.runtime.onInstalled.addListener(withNode((node) => {
		node.wake();
		injectInto([...node.granted].map((origin) => patternOf(origin)));
	}));
	chrome.runtime.onConnect.addListener((port) => {
		if (port.sender?.id !== chrome.runtime.id) return port.disconnect();
		if (port.name === "lane") return takeLane(port);
		const ours = port.sender.url?.startsWith(chrome.runtime.getURL(""));
		if (port.name === "popup" && ours) return takePopup(port);
		port.disconnect();
	});
	function takeLane(port) {
		const { tab, url, frameId } = port.sender ?? {};
		if (tab?.id === void 0 || !url || frameId !== 0) return;
		const { id } = tab;
		const early = [];
		const keep = (message) => early.push(message);
		port.onMessage.addListener(keep);
		let gone = false;
		port.onDisconnect.addListener(() => gone = true);
		started.then((node) => {
			if (gone) return;
			port.onMessage.removeListener(keep);
			node.attach(id, new URL(url).origin, port, early);
		});
	}
	function takePopup(port) {
		popups.add(port);
		port.onDisconnect.addListener(() => popups.delete(port));
		port.onMessage.addListener((ask) => {
			started.then((node) => obey(node, ask)).catch(String).then((message) => {
				if (message && popups.has(port)) port.postMessage({
					k: "error",
					message
				});
			});
		});
		started.then((node) => {
			node.wake();
			show(node);
		});
	}
	function stayAwake() {
		after(STAY_AWAKE_MS, () => {
			started.then((node) => {
				if ([...node.links.values()].some(({ state }) => state === "pairing")) chrome.runtime.getPlatformInfo();
				stayAwake();
			});
		});
	}
	listenToNotices(() => started);
	chrome.alarms.create(WAKE_ALARM, { periodInMinutes: WAKE_MINUTES });
	stayAwake();
})();
