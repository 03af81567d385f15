(function() {
	// src/popup/dom.ts
	function byId(id) {
		const element = document.getElementById(id);
		if (!element) throw new Error(`the popup has no #${id}`);
		return element;
	}
	function make(tag, properties = {}, ...inside) {
		const element = document.createElement(tag);
		for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
		element.append(...inside);
		return element;
	}
	function quiet(words) {
		return make("p", { class: "quiet" }, words);
	}
	function pill(state) {
		return make("span", {
			class: "pill",
			"data-state": state
		}, state.replaceAll("_", " "));
	}
	function button(words, testId, action) {
		const made = make("button", {
			type: "button",
			class: "plain",
			"data-testid": testId
		}, words);
		made.addEventListener("click", action);
		return made;
	}
	function problem(words) {
		byId("problem").textContent = words;
		byId("problem").hidden = false;
	}
	// src/shared/origin.ts
	/** The match pattern of an origin. Firefox takes no port in one: the runner compares origins again. */
	function patternOf(origin, firefox = false) {
		const { protocol, hostname, host } = new URL(origin);
		return `${protocol}//${firefox ? hostname : host}/*`;
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
	// src/shared/version.ts
	/** Below zero where `a` is older than `b`, above where it is newer; null where one is no version. */
	function compareVersions(a, b) {
		const [left, right] = [numbersOf(a), numbersOf(b)];
		if (!left || !right) return null;
		for (let at = 0; at < 4; at++) {
			const difference = (left[at] ?? 0) - (right[at] ?? 0);
			if (difference !== 0) return difference;
		}
		return 0;
	}
	function numbersOf(version) {
		if (!/^\d{1,9}(\.\d{1,9}){0,3}$/.test(version)) return null;
		return version.split(".").map(Number);
	}
	// src/shared/channel.ts
	/** Name of the Port between the popup and the background. */
	var POPUP_PORT = "popup";
	// src/popup/link.ts
	var port;
	function connect(show) {
		port = chrome.runtime.connect({ name: POPUP_PORT });
		port.onMessage.addListener((message) => {
			if (message.k === "error") problem(message.message);
			else show(message.snapshot);
		});
		port.onDisconnect.addListener(() => connect(show));
	}
	function ask(message) {
		byId("problem").hidden = true;
		port.postMessage(message);
	}
	// src/popup/gateways.ts
	/** The gateway that was paired in this popup. */
	var pairing = "";
	function showGateways({ gateways, version }) {
		byId("gateways").replaceChildren(...gateways.map((gateway) => item$2(gateway, version)));
		const now = gateways.find(({ url }) => url === pairing) ?? gateways.find(({ state }) => state === "pairing");
		byId("pairing").hidden = !now;
		if (!now) return;
		byId("fingerprint").textContent = now.fingerprint;
		const state = byId("pair-state");
		state.dataset.state = now.state;
		state.textContent = now.detail || now.state;
	}
	function item$2(gateway, version) {
		const { url, state, detail, fingerprint, insecure, carries } = gateway;
		const row = make("div", { class: "row" }, make("span", {}, url.replace(/\/node$/, "")), pill(state));
		if (state !== "connected" && state !== "pairing") row.append(button("Retry", "retry", () => ask({
			k: "retry",
			url
		})));
		row.append(button("Forget", "forget", () => ask({
			k: "forget",
			url
		})));
		const made = make("li", {
			"data-testid": "gateway",
			"data-url": url,
			"data-state": state
		}, row);
		if (detail) made.append(quiet(detail));
		made.append(...age(url, version, carries));
		if (fingerprint) made.append(quiet(`fingerprint ${fingerprint}`));
		if (insecure) made.append(quiet("without TLS, over your own network"));
		return made;
	}
	/** What to do where extension and gateway are of different ages. */
	function age(url, version, carries) {
		const order = compareVersions(version, carries) ?? 0;
		if (order > 0) return [make("p", {
			class: "advice",
			"data-testid": "age"
		}, `This extension is ${version}, newer than the gateway's ${carries}: update the gateway.`)];
		if (order === 0) return [];
		const link = make("a", {
			href: `${url.replace(/^ws/, "http").replace(/\/node$/, "")}/extension/`,
			target: "_blank",
			rel: "noreferrer"
		}, "Download it");
		return [make("p", {
			class: "advice",
			"data-testid": "age"
		}, `This extension is ${version}, the gateway carries ${carries}. `, link, " and reload the extension.")];
	}
	/** Whether an address goes over a network without TLS. */
	function isInsecure(address) {
		try {
			const url = new URL(/^[a-z]+:\/\//i.test(address) ? address : `http://${address}`);
			return /^(http|ws):$/.test(url.protocol) && !isLoopback(url.hostname);
		} catch {
			return false;
		}
	}
	function listenToPairing() {
		const address = byId("gateway-url");
		const insecure = byId("insecure-lan");
		const showInsecure = () => {
			byId("insecure-row").hidden = !isInsecure(address.value.trim());
			if (byId("insecure-row").hidden) insecure.checked = false;
		};
		address.addEventListener("input", showInsecure);
		byId("pair-form").addEventListener("submit", (event) => {
			event.preventDefault();
			showInsecure();
			const code = byId("pair-code").value;
			const typed = address.value.trim();
			try {
				pairing = socketAddress(typed, insecure.checked);
			} catch (error) {
				return problem(error.message);
			}
			ask({
				k: "pair",
				address: typed,
				code,
				insecureLan: insecure.checked
			});
		});
	}
	// src/popup/pin.ts
	/** The lane in front of which the popup was opened. */
	var lane = null;
	/** Shows the form where the page is a lane. */
	function renderPin(now, { tab }) {
		const site = now.sites.find(({ lanes }) => lanes.some((one) => one.tab === tab));
		lane = site ? {
			gateway: site.gateway,
			site: site.name,
			tab
		} : null;
		byId("pin-form").hidden = lane === null;
		byId("pin-said").textContent = now.notice;
		byId("pin-said").hidden = now.notice === "";
		const models = site?.models ?? [];
		byId("pin-models").replaceChildren(...models.map((value) => make("option", { value })));
	}
	function listenToPin() {
		byId("pin-form").addEventListener("submit", (event) => {
			event.preventDefault();
			if (lane) ask({
				k: "pin",
				...lane,
				model: byId("pin-model").value
			});
		});
	}
	// src/popup/sites.ts
	/** More are counted, not named. */
	var SHOWN_MODELS = 8;
	function showSites({ sites }) {
		byId("sites").replaceChildren(...sites.map(item$1));
		byId("no-sites").hidden = sites.length > 0;
	}
	function item$1(site) {
		const { name, title, origin, pattern, granted, change, state, detail, start } = site;
		const row = make("div", { class: "row" }, make("strong", {}, `${name} · ${title}`), pill(state));
		if (!granted) row.append(button("Allow", `allow-${name}`, () => void allow(pattern)));
		else if (state === "no_tab") row.append(button("Open", `open-${name}`, () => void chrome.tabs.create({ url: start })));
		if (granted) row.append(button("Remove", `revoke-${name}`, () => void revoke(pattern)));
		const revision = String(site.revision);
		const made = make("li", {
			"data-testid": `site-${name}`,
			"data-state": state,
			"data-revision": revision
		}, row);
		made.append(quiet(origin));
		if (change) made.append(question(site, change));
		else if (detail) made.append(make("p", {}, detail));
		if (granted && site.models.length > 0) made.append(models(site));
		for (const { tab, state: now } of site.lanes) {
			const words = make("span", { class: "quiet" }, `tab ${tab}`);
			made.append(make("div", {
				class: "row",
				"data-testid": "lane"
			}, words, pill(now)));
		}
		if (site.terms) made.append(quiet(site.terms));
		if (site.officialApi) made.append(quiet(`This site has an API: ${site.officialApi}`));
		return made;
	}
	/** What the page offers, and the wish to look again. */
	function models({ gateway, name, models, tells }) {
		const shown = models.slice(0, SHOWN_MODELS).join(", ");
		const more = models.length - SHOWN_MODELS;
		const words = more > 0 ? `${shown} and ${more} more` : shown;
		const row = make("div", {
			class: "row",
			"data-testid": `models-${name}`
		}, quiet(words));
		if (tells) row.append(button("Refresh models", `reread-${name}`, () => ask({
			k: "reread",
			gateway,
			site: name
		})));
		return row;
	}
	/** What the adapter touches now and did not before, and the answer to it. */
	function question({ gateway, name }, { parts, seen }) {
		const approve = button("Approve", `approve-${name}`, () => ask({
			k: "approve",
			gateway,
			site: name,
			seen
		}));
		return make("div", {
			class: "advice",
			"data-testid": `change-${name}`
		}, make("p", {}, "A new revision of its adapter changed what it uses in this page:"), make("ul", {}, ...parts.map((part) => make("li", {}, part))), make("p", {}, "The page is not used before you agree."), approve);
	}
	/** The browser asks its owner; it must be called straight from a click. */
	async function allow(pattern) {
		await chrome.permissions.request({ origins: [pattern] });
		ask({ k: "permissions" });
	}
	async function revoke(pattern) {
		try {
			await chrome.permissions.remove({ origins: [pattern] });
			ask({ k: "permissions" });
		} catch (error) {
			problem(String(error));
		}
	}
	// src/popup/teach.ts
	/** Shows what can be taught here. */
	function renderTeach(now, { tab, origin }) {
		const button = byId("teach-page");
		const hint = byId("teach-hint");
		const site = now.sites.find((site) => site.origin === origin);
		const broken = site?.state === "page_changed" || site?.state === "error";
		button.hidden = !now.gateways.some(({ state }) => state === "connected") || site !== void 0 && !broken && site.granted;
		hint.hidden = button.hidden;
		button.textContent = broken ? "Repair" : "Teach this page";
		hint.textContent = broken ? "Show once how this page is used now; what still holds is kept." : "Show once how this page is used: type, send, answer. It becomes a draft that an admin publishes.";
		button.onclick = () => {
			chrome.permissions.request({ origins: [patternOf(origin)] }).then((granted) => {
				if (!granted) return;
				ask({
					k: "teach",
					tab,
					origin,
					site: broken && site ? site.name : ""
				});
				if (!new URLSearchParams(location.search).has("tab")) window.close();
			});
		};
	}
	// src/popup/here.ts
	var here = null;
	function showHere(now) {
		byId("here").hidden = here === null;
		if (!here) return;
		const site = now.sites.find(({ origin }) => origin === here?.origin);
		byId("here-origin").textContent = here.origin;
		renderTeach(now, here);
		renderPin(now, here);
		const use = byId("use-page");
		use.hidden = !site || site.granted;
		byId("here-hint").textContent = !site ? `No gateway names this page yet: tabway site add --origin ${here.origin}` : site.granted ? `In use as ${site.name}.` : `Tabway will type into ${site.title} for the gateway, as you would.`;
	}
	/** Looks which page it is; true where there is one. */
	async function findHere() {
		const asked = Number(new URLSearchParams(location.search).get("tab"));
		const [tab] = asked ? [await chrome.tabs.get(asked)] : await chrome.tabs.query({
			active: true,
			currentWindow: true
		});
		if (!tab?.url || tab.id === void 0 || !/^https?:/.test(tab.url)) return false;
		here = {
			tab: tab.id,
			origin: new URL(tab.url).origin
		};
		return true;
	}
	function listenToHere() {
		byId("use-page").addEventListener("click", () => {
			if (here) allow(patternOf(here.origin));
		});
	}
	// src/background/needs.ts
	var ADVICE = {
		signed_out: "The page is signed out: sign in there.",
		challenge: "The page asks for a proof of its human: answer it yourself.",
		consent: "The page asks for a consent: read it and answer it.",
		quota: "A quota of the account is used up: the page is used again after its reset."
	};
	// src/popup/needs.ts
	var NOTIFICATIONS = { permissions: ["notifications"] };
	function showNeeds({ needs, pictures }) {
		byId("needs-section").hidden = needs.length === 0;
		byId("needs").replaceChildren(...needs.map(item));
		byId("pictures").checked = pictures;
		showSwitch();
	}
	async function showSwitch() {
		byId("notify").checked = await chrome.permissions.contains(NOTIFICATIONS);
	}
	function item({ origin, site, reason, since }) {
		const show = button("Show", `show-${site}`, () => ask({
			k: "front",
			origin
		}));
		const row = make("div", { class: "row" }, make("strong", {}, site), pill(reason), show);
		return make("li", {
			"data-testid": `need-${site}`,
			"data-reason": reason
		}, row, make("p", {}, ADVICE[reason]), quiet(`since ${new Date(since).toLocaleString()}`));
	}
	function listenToNeeds() {
		byId("pictures").addEventListener("change", (event) => {
			ask({
				k: "pictures",
				allowed: event.target.checked
			});
		});
		byId("notify").addEventListener("change", (event) => {
			choose(event.target.checked);
		});
	}
	/** The browser asks its owner; it must be called straight from a click. */
	async function choose(on) {
		try {
			if (on) await chrome.permissions.request(NOTIFICATIONS);
			else await chrome.permissions.remove(NOTIFICATIONS);
		} catch (error) {
			problem(String(error));
		}
		await showSwitch();
	}
	// src/popup/popup.ts
	var snapshot = null;
	function show(now) {
		snapshot = now;
		showOverall(now);
		showNeeds(now);
		showGateways(now);
		showSites(now);
		showTurns(now);
		showHere(now);
		showFooter(now);
	}
	function showOverall(now) {
		byId("pause").checked = now.paused;
		const pill = byId("overall");
		pill.dataset.state = now.overall;
		pill.textContent = now.overall.replace("_", " ");
	}
	function showTurns({ turns }) {
		byId("turns-section").hidden = turns.length === 0;
		byId("turns").replaceChildren(...turns.map(({ job, site, accepted }) => make("li", { "data-testid": `turn-${job}` }, `${site}: ${accepted ? "answering" : "typing"}`)));
	}
	function showFooter({ version, label, counters }) {
		byId("version").textContent = `v${version}`;
		const { turns, failures, frames } = counters;
		byId("counters").textContent = `${turns} turns, ${failures} failed, ${frames} chunks`;
		const name = byId("label");
		if (document.activeElement !== name) name.value = label;
	}
	function listen() {
		listenToPairing();
		listenToHere();
		listenToNeeds();
		listenToPin();
		byId("pause").addEventListener("change", (event) => {
			ask({
				k: "pause",
				paused: event.target.checked
			});
		});
		byId("label").addEventListener("change", (event) => {
			ask({
				k: "rename",
				label: event.target.value
			});
		});
	}
	listen();
	connect(show);
	findHere().then((found) => {
		if (found && snapshot) showHere(snapshot);
	});
})();
