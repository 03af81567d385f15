//! Frames of the spool: length, CRC-32, payload. A tail that a crash tore is told from a whole
//! frame, and everything before it stays.
//!
//! ```text
//! bytes 0..4  length of the payload, little endian
//! bytes 4..8  CRC-32 (IEEE) of the payload, little endian
//! bytes 8..   payload
//! ```

/// Bytes before a payload.
const HEADER: usize = 8;

/// The longest payload; a greater length is damage.
const MAX_PAYLOAD: usize = 1 << 20;

/// Appends a frame to a buffer. `write` puts the payload at the buffer's end.
pub(super) fn append(buffer: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEADER]);
    write(buffer);
    let payload = &buffer[start + HEADER..];
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let crc = crc32fast::hash(payload);
    buffer[start..start + 4].copy_from_slice(&length.to_le_bytes());
    buffer[start + 4..start + HEADER].copy_from_slice(&crc.to_le_bytes());
}

/// The payload of the frame at the beginning of `bytes`, and how many bytes the frame takes.
/// Nothing where the frame is not whole, or empty: zeros have a right CRC.
pub(super) fn first(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let crc = u32::from_le_bytes(bytes.get(4..HEADER)?.try_into().ok()?);
    let length =
        usize::try_from(length).ok().filter(|length| (1..=MAX_PAYLOAD).contains(length))?;
    let payload = bytes.get(HEADER..HEADER + length)?;
    (crc32fast::hash(payload) == crc).then_some((payload, HEADER + length))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        while let Some((payload, taken)) = first(bytes) {
            found.push(payload.to_vec());
            bytes = &bytes[taken..];
        }
        found
    }

    /// A file system may give zeros for what a loss of power kept from the disk.
    #[test]
    fn zeros_are_no_frames() {
        assert!(first(&[0; 64]).is_none());
    }

    proptest! {
        #[test]
        fn a_torn_tail_costs_only_itself(
            payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 1..8),
            cut in 0usize..400,
        ) {
            let mut bytes = Vec::new();
            let mut ends = Vec::new();
            for payload in &payloads {
                append(&mut bytes, |buffer| buffer.extend_from_slice(payload));
                ends.push(bytes.len());
            }
            prop_assert_eq!(&read(&bytes), &payloads);
            let cut = cut.min(bytes.len());
            let whole = ends.iter().filter(|end| **end <= cut).count();
            prop_assert_eq!(read(&bytes[..cut]), &payloads[..whole]);
        }

        #[test]
        fn a_flipped_bit_is_noticed(payload in proptest::collection::vec(any::<u8>(), 1..40), bit in 0usize..64) {
            let mut bytes = Vec::new();
            append(&mut bytes, |buffer| buffer.extend_from_slice(&payload));
            let bit = 32 + bit % (bytes.len() * 8 - 32);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(first(&bytes).is_none());
        }
    }
}
