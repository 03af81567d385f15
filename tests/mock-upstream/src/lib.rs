//! A scripted OpenAI-compatible upstream.
