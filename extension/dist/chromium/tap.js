(function() {
	// src/shared/handshake.ts
	var OFFER = "tabway-tap-offer";
	var ASK = "tabway-tap-ask";
	/** The tap's half: hands its Port to the runner, whichever of the two starts first. */
	function offerPort(port) {
		let taken = false;
		const offer = () => {
			const event = new MessageEvent(OFFER, {
				ports: [port],
				cancelable: true
			});
			taken ||= !document.dispatchEvent(event);
			if (taken) document.removeEventListener(ASK, offer);
		};
		document.addEventListener(ASK, offer);
		offer();
	}
	// src/tap/natives.ts
	var { apply } = Reflect;
	/** `method` as a function whose first argument is its `this`. */
	function bare(method) {
		return (self, ...args) => apply(method, self, args);
	}
	function getter(prototype, key) {
		const found = Object.getOwnPropertyDescriptor(prototype, key)?.get;
		return found ? (self) => apply(found, self, []) : (self) => self[key];
	}
	var post = bare(MessagePort.prototype.postMessage);
	var listen = bare(EventTarget.prototype.addEventListener);
	var then = bare(Promise.prototype.then);
	var cloneResponse = bare(Response.prototype.clone);
	var responseBody = getter(Response.prototype, "body");
	var responseStatus = getter(Response.prototype, "status");
	var responseHeaders = getter(Response.prototype, "headers");
	var header = bare(Headers.prototype.get);
	var requestUrl = getter(Request.prototype, "url");
	var requestMethod = getter(Request.prototype, "method");
	var messageData = getter(MessageEvent.prototype, "data");
	var xhrState = getter(XMLHttpRequest.prototype, "readyState");
	var xhrStatus = getter(XMLHttpRequest.prototype, "status");
	var xhrResponse = getter(XMLHttpRequest.prototype, "response");
	var xhrText = getter(XMLHttpRequest.prototype, "responseText");
	var encoder = new TextEncoder();
	var encode = encoder.encode.bind(encoder);
	var decoder = new TextDecoder();
	var decode = decoder.decode.bind(decoder);
	var getReader = bare(ReadableStream.prototype.getReader);
	var read = bare(ReadableStreamDefaultReader.prototype.read);
	var cancelReader = bare(ReadableStreamDefaultReader.prototype.cancel);
	// src/tap/fetch.ts
	function tapFetch(hub) {
		const native = window.fetch;
		window.fetch = function fetch(...args) {
			const answer = apply(native, this ?? window, args);
			try {
				const live = hub.begin("fetch", ...addressOf(args));
				live.sent(args[1]?.body);
				then(answer, (response) => follow$1(hub, live, response), () => live.closed(true));
			} catch {}
			return answer;
		};
	}
	function addressOf([input, init]) {
		if (input instanceof Request) return [requestUrl(input), init?.method ?? requestMethod(input)];
		return [String(input), init?.method ?? "GET"];
	}
	function follow$1(hub, live, response) {
		try {
			live.opened(responseStatus(response));
			const type = header(responseHeaders(response), "content-type") ?? "";
			const looksLikeStream = /event-stream|ndjson|jsonl/.test(type);
			if (!responseBody(response) || !hub.wants(live, looksLikeStream)) return live.closed(false);
			const copy = responseBody(cloneResponse(response));
			if (!copy) return live.closed(false);
			const reader = getReader(copy);
			letGoWithThePage(response, reader);
			pump(hub, live, reader);
		} catch {
			live.closed(true);
		}
	}
	function pump(hub, live, reader) {
		then(read(reader), (result) => {
			const { done, value } = result;
			if (value) live.bytes(value);
			if (done) live.closed(false);
			else if (hub.wants(live, true)) pump(hub, live, reader);
			else {
				live.closed(false);
				then(cancelReader(reader), ignore, ignore);
			}
		}, () => live.closed(true));
	}
	/**
	* A stream with two readers ends only when both let go: where the page cancels its reader, ours goes
	* too, or the site would go on writing.
	*/
	function letGoWithThePage(response, ours) {
		const body = responseBody(response);
		if (!body) return;
		const getTheirs = body.getReader;
		const stop = () => then(cancelReader(ours), ignore, ignore);
		const hooked = (target) => {
			const cancel = target.cancel;
			target.cancel = function(reason) {
				stop();
				return apply(cancel, this, [reason]);
			};
			return target;
		};
		hooked(body);
		body.getReader = function(...args) {
			return hooked(apply(getTheirs, this, args));
		};
	}
	function ignore() {}
	// src/shared/glob.ts
	var known = /* @__PURE__ */ new Map();
	function globMatches(glob, path) {
		let pattern = known.get(glob);
		if (!pattern) {
			const source = glob.split(/(\*\*|\*)/).map((part) => part === "**" ? ".*" : part === "*" ? "[^/]*" : escape(part)).join("");
			pattern = new RegExp(`^${source}$`);
			known.set(glob, pattern);
		}
		return pattern.test(path);
	}
	function escape(literal) {
		return literal.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
	}
	// src/tap/hub.ts
	/** A stream number is one byte; 0 is the page's blocks. */
	var MAX_STREAM = 255;
	var Hub = class {
		port;
		turn = null;
		watched = null;
		live = /* @__PURE__ */ new Set();
		taken = /* @__PURE__ */ new Set();
		last = 0;
		constructor(port) {
			this.port = port;
		}
		hear(message) {
			if (message.k === "watch") this.watched = message.taps;
			else if (message.k === "disarm") {
				this.turn = null;
				this.say({
					k: "ready",
					turn: message.turn,
					armed: false
				});
			} else if (message.k === "arm") {
				const { turn, taps, prompt } = message;
				this.turn = {
					turn,
					taps,
					needle: needleOf(prompt),
					length: prompt.length
				};
				this.taken.clear();
				this.last = 0;
				this.say({
					k: "ready",
					turn,
					armed: true
				});
				for (const live of this.live) live.bind();
			}
		}
		/** The page asks for a stream; kept until it is closed. */
		begin(transport, address, method) {
			const live = new Live(this, transport, pathOf(address), method.toUpperCase(), this.turn?.turn ?? 0);
			this.live.add(live);
			const tap = this.tapOf(live);
			if (this.turn && tap >= 0 && this.isOwn(live, tap)) this.say({
				k: "request",
				turn: this.turn.turn,
				tap
			});
			return live;
		}
		/** Whether a body is worth reading: it is of this turn, or may outlive turns. */
		wants(live, looksLikeStream) {
			if (this.turn && this.tapOf(live) >= 0) return true;
			if (!this.watched) return looksLikeStream;
			return this.watched.some((tap) => fits(tap, live));
		}
		/** The turn's number for a live stream, where it belongs to the turn. */
		bind(live) {
			const turn = this.turn;
			if (!turn) return null;
			if (live.bound?.turn === turn.turn) return live.bound;
			const tap = live.status === null ? -1 : this.tapOf(live);
			const stream = tap < 0 ? 0 : this.number();
			if (stream === 0) return null;
			live.bound = {
				turn: turn.turn,
				stream
			};
			const own = this.isOwn(live, tap);
			this.say({
				k: "open",
				...live.bound,
				tap,
				status: live.status ?? 0,
				own
			});
			return live.bound;
		}
		/** Whether what a standing socket sends is the turn's prompt. */
		sent(live, data) {
			const turn = this.turn;
			const tap = turn ? this.tapOf(live) : -1;
			if (!turn || tap < 0) return;
			const text = typeof data === "string" ? data : data instanceof ArrayBuffer ? decode(data) : "";
			if (turn.needle ? text.includes(turn.needle) : text.length >= turn.length) this.say({
				k: "sent",
				turn: turn.turn,
				tap
			});
		}
		drop(live) {
			this.live.delete(live);
			if (live.bound && live.bound.turn === this.turn?.turn) this.taken.delete(live.bound.stream);
		}
		say(message) {
			post(this.port, message);
		}
		tapOf(live) {
			const turn = this.turn;
			if (!turn) return -1;
			return turn.taps.findIndex((tap) => (tap.standing || live.begun === turn.turn) && fits(tap, live));
		}
		/** Whether the turn opened it: what outlives turns is opened again whenever the page likes. */
		isOwn(live, tap) {
			return live.begun === this.turn?.turn && this.turn.taps[tap]?.standing !== true;
		}
		/** The next free number; long polling opens more streams than there are numbers. */
		number() {
			for (let tries = 0; tries < MAX_STREAM; tries++) {
				this.last = this.last % MAX_STREAM + 1;
				if (!this.taken.has(this.last)) {
					this.taken.add(this.last);
					return this.last;
				}
			}
			return 0;
		}
	};
	/** One stream that the page holds. */
	var Live = class {
		hub;
		transport;
		path;
		method;
		begun;
		bound = null;
		/** HTTP status, 0 where there is none, null until it is open. */
		status = null;
		constructor(hub, transport, path, method, begun) {
			this.hub = hub;
			this.transport = transport;
			this.path = path;
			this.method = method;
			this.begun = begun;
		}
		bind() {
			this.hub.bind(this);
		}
		opened(status) {
			this.status = status;
			this.hub.bind(this);
		}
		bytes(bytes) {
			const bound = this.hub.bind(this);
			if (bound && bytes.length > 0) this.hub.say({
				k: "bytes",
				...bound,
				bytes
			});
		}
		text(text) {
			const bound = this.hub.bind(this);
			if (bound) this.hub.say({
				k: "text",
				...bound,
				text
			});
		}
		sent(data) {
			this.hub.sent(this, data);
		}
		closed(failed) {
			const bound = this.hub.bind(this);
			if (bound) this.hub.say({
				k: "close",
				...bound,
				failed
			});
			this.hub.drop(this);
		}
	};
	function fits(tap, live) {
		return tap.transport === live.transport && (!tap.method || tap.method.toUpperCase() === live.method) && globMatches(tap.path, live.path);
	}
	function pathOf(address) {
		try {
			return new URL(address, document.baseURI).pathname;
		} catch {
			return "";
		}
	}
	/** The prompt's first characters that no encoding changes. */
	function needleOf(prompt) {
		return /[ !#-[\]-~]{1,24}/.exec(prompt)?.[0] ?? "";
	}
	// src/tap/sockets.ts
	function tapEventSource(hub) {
		constructed("EventSource", (source) => {
			const live = hub.begin("eventsource", source.url, "GET");
			const heard = /* @__PURE__ */ new Set();
			const hear = (type) => {
				if (heard.has(type) || type === "open" || type === "error") return;
				heard.add(type);
				listen(source, type, (event) => take(live, event));
			};
			hear("message");
			listen(source, "open", () => live.opened(200));
			listen(source, "error", () => {
				if (source.readyState === EventSource.CLOSED) live.closed(true);
			});
			const add = source.addEventListener;
			source.addEventListener = function(...args) {
				if (typeof args[0] === "string") hear(args[0]);
				return apply(add, this, args);
			};
			const close = source.close;
			source.close = function() {
				live.closed(false);
				return apply(close, this, []);
			};
		});
	}
	function tapWebSocket(hub) {
		constructed("WebSocket", (socket) => {
			const live = hub.begin("websocket", socket.url, "GET");
			listen(socket, "open", () => live.opened(101));
			listen(socket, "message", (event) => take(live, event));
			listen(socket, "close", (event) => live.closed(!event.wasClean));
			const send = socket.send;
			socket.send = function(...args) {
				live.sent(args[0]);
				return apply(send, this, args);
			};
		});
	}
	function take(live, event) {
		const data = messageData(event);
		if (typeof data === "string") live.text(data);
		else if (data instanceof ArrayBuffer) live.bytes(new Uint8Array(data));
	}
	/** Lets `observe` see each object that the page constructs; the page sees the same class as before. */
	function constructed(name, observe) {
		const native = window[name];
		window[name] = new Proxy(native, { construct(target, args, newTarget) {
			const made = Reflect.construct(target, args, newTarget);
			try {
				observe(made);
			} catch {}
			return made;
		} });
	}
	// src/tap/xhr.ts
	var HEADERS_RECEIVED = 2;
	function tapXhr(hub) {
		const prototype = XMLHttpRequest.prototype;
		const { open, send } = prototype;
		const asked = /* @__PURE__ */ new WeakMap();
		prototype.open = function(...args) {
			asked.set(this, [String(args[1]), String(args[0])]);
			return apply(open, this, args);
		};
		prototype.send = function(...args) {
			const request = asked.get(this);
			if (request) try {
				const live = hub.begin("xhr", ...request);
				live.sent(args[0]);
				follow(this, live);
			} catch {}
			return apply(send, this, args);
		};
	}
	function follow(xhr, live) {
		let read = 0;
		const take = (last) => {
			if (live.status === null && xhrState(xhr) >= HEADERS_RECEIVED && xhrStatus(xhr) > 0) live.opened(xhrStatus(xhr));
			if (xhr.responseType === "" || xhr.responseType === "text") read = takeText(xhr, live, read, last);
			else if (last) takeWhole(xhr, live);
		};
		listen(xhr, "readystatechange", () => take(false));
		listen(xhr, "progress", () => take(false));
		listen(xhr, "load", () => take(true));
		for (const type of [
			"error",
			"abort",
			"timeout"
		]) listen(xhr, type, () => live.closed(true), { once: true });
		listen(xhr, "load", () => live.closed(false), { once: true });
	}
	function takeText(xhr, live, from, last) {
		const text = xhrText(xhr);
		let to = text.length;
		if (!last && to > from && (text.charCodeAt(to - 1) & 64512) === 55296) to -= 1;
		if (to > from) live.bytes(encode(text.slice(from, to)));
		return Math.max(from, to);
	}
	function takeWhole(xhr, live) {
		const whole = xhrResponse(xhr);
		if (whole instanceof ArrayBuffer) live.bytes(new Uint8Array(whole));
		else if (xhr.responseType === "json") live.bytes(encode(JSON.stringify(whole)));
	}
	// src/tap/main.ts
	var { port1, port2 } = new MessageChannel();
	var hub = new Hub(port1);
	port1.onmessage = (event) => hub.hear(messageData(event));
	tapFetch(hub);
	tapXhr(hub);
	tapEventSource(hub);
	tapWebSocket(hub);
	offerPort(port2);
})();
