(function() {
	// src/shared/channel.ts
	/** Name of the Port between the popup and the background. */
	var POPUP_PORT = "popup";
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
	// src/popup/popup.ts
	var port;
	var snapshot = null;
	/** The page in front of which the popup was opened. */
	var here = null;
	/** The gateway that was paired in this popup. */
	var pairing = "";
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
	function ask(message) {
		byId("problem").hidden = true;
		port.postMessage(message);
	}
	function connect() {
		port = chrome.runtime.connect({ name: POPUP_PORT });
		port.onMessage.addListener((message) => {
			if (message.k === "error") return problem(message.message);
			snapshot = message.snapshot;
			render(message.snapshot);
		});
		port.onDisconnect.addListener(connect);
	}
	function problem(words) {
		byId("problem").textContent = words;
		byId("problem").hidden = false;
	}
	function render(now) {
		byId("pause").checked = now.paused;
		byId("version").textContent = `v${now.version}`;
		const label = byId("label");
		if (document.activeElement !== label) label.value = now.label;
		const { turns, failures, frames } = now.counters;
		byId("counters").textContent = `${turns} turns, ${failures} failed, ${frames} chunks`;
		renderOverall(now);
		byId("gateways").replaceChildren(...now.gateways.map(gatewayItem));
		byId("sites").replaceChildren(...now.sites.map(siteItem));
		byId("no-sites").hidden = now.sites.length > 0;
		byId("turns-section").hidden = now.turns.length === 0;
		byId("turns").replaceChildren(...now.turns.map(({ job, site, accepted }) => make("li", { "data-testid": `turn-${job}` }, `${site}: ${accepted ? "answering" : "typing"}`)));
		renderPairing(now);
		renderHere(now);
	}
	function renderOverall(now) {
		const connected = now.gateways.some(({ state }) => state === "connected");
		const needsHuman = now.sites.some(({ state }) => /^(challenge|consent|signed_out)$/.test(state));
		const state = !connected ? "off" : needsHuman ? "needs_human" : now.turns.length > 0 ? "busy" : now.paused ? "paused" : "on";
		const pill = byId("overall");
		pill.dataset.state = state;
		pill.textContent = state.replace("_", " ");
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
	function gatewayItem(gateway) {
		const { url, state, detail, fingerprint, insecure } = gateway;
		const item = make("li", {
			"data-testid": "gateway",
			"data-url": url,
			"data-state": state
		});
		const row = make("div", { class: "row" }, make("span", {}, url.replace(/\/node$/, "")), pill(state));
		if (state !== "connected" && state !== "pairing") row.append(button("Retry", "retry", () => ask({
			k: "retry",
			url
		})));
		row.append(button("Forget", "forget", () => ask({
			k: "forget",
			url
		})));
		item.append(row);
		if (detail) item.append(make("p", { class: "quiet" }, detail));
		if (fingerprint) item.append(make("p", { class: "quiet" }, `fingerprint ${fingerprint}`));
		if (insecure) item.append(make("p", { class: "quiet" }, "without TLS, over your own network"));
		return item;
	}
	function siteItem(site) {
		const { name, title, origin, pattern, granted, state, detail, lanes, start } = site;
		const item = make("li", {
			"data-testid": `site-${name}`,
			"data-state": state
		});
		const row = make("div", { class: "row" }, make("strong", {}, `${name} · ${title}`), pill(state));
		if (!granted) row.append(button("Allow", `allow-${name}`, () => void allow(pattern)));
		else if (state === "no_tab") row.append(button("Open", `open-${name}`, () => void chrome.tabs.create({ url: start })));
		if (granted) row.append(button("Remove", `revoke-${name}`, () => void revoke(pattern)));
		item.append(row, make("p", { class: "quiet" }, origin));
		if (detail) item.append(make("p", {}, detail));
		for (const lane of lanes) {
			const words = `tab ${lane.tab}`;
			item.append(make("div", {
				class: "row",
				"data-testid": "lane"
			}, make("span", { class: "quiet" }, words), pill(lane.state)));
		}
		if (site.terms) item.append(make("p", { class: "quiet" }, site.terms));
		if (site.officialApi) item.append(make("p", { class: "quiet" }, `This site has an API: ${site.officialApi}`));
		return item;
	}
	function renderPairing(now) {
		const gateway = now.gateways.find(({ url }) => url === pairing) ?? now.gateways.find(({ state }) => state === "pairing");
		byId("pairing").hidden = !gateway;
		if (!gateway) return;
		byId("fingerprint").textContent = gateway.fingerprint;
		const state = byId("pair-state");
		state.dataset.state = gateway.state;
		state.textContent = gateway.detail || gateway.state;
	}
	function renderHere(now) {
		byId("here").hidden = here === null;
		if (!here) return;
		const site = now.sites.find(({ origin }) => origin === here);
		byId("here-origin").textContent = here;
		const use = byId("use-page");
		use.hidden = !site || site.granted;
		byId("here-hint").textContent = !site ? `No gateway names this page yet: tabway site add --origin ${here}` : site.granted ? `In use as ${site.name}.` : `Tabway will type into ${site.title} for the gateway, as you would.`;
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
	async function findHere() {
		const [tab] = await chrome.tabs.query({
			active: true,
			currentWindow: true
		});
		if (!tab?.url || !/^https?:/.test(tab.url)) return;
		here = new URL(tab.url).origin;
		if (snapshot) renderHere(snapshot);
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
	function listen() {
		const address = byId("gateway-url");
		const insecure = byId("insecure-lan");
		address.addEventListener("input", () => {
			byId("insecure-row").hidden = !isInsecure(address.value.trim());
			if (byId("insecure-row").hidden) insecure.checked = false;
		});
		byId("pair-form").addEventListener("submit", (event) => {
			event.preventDefault();
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
		byId("use-page").addEventListener("click", () => {
			if (here) allow(patternOf(here));
		});
	}
	listen();
	connect();
	findHere();
})();
