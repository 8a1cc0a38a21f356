use super::*;

const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ada's laptop";

#[test]
fn a_key_is_read_with_its_comment() {
    let key = SshKey::parse(&format!("{ED25519}\n")).unwrap();
    assert_eq!((key.algorithm, key.comment.as_str()), ("ssh-ed25519", "ada's laptop"));
    assert_eq!(key.fingerprint().to_string(), "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
    assert_eq!(SshKey::parse(&key.to_line()).unwrap().blob, key.blob);
}

#[test]
fn what_is_no_sound_public_key_is_named() {
    let fault = |line: &str| SshKey::parse(line).unwrap_err();
    assert_eq!(fault("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz"), SshKeyError::Private);
    assert_eq!(fault("ssh-ed25519"), SshKeyError::Shape);
    assert_eq!(fault("hello world"), SshKeyError::Shape);
    assert_eq!(fault(&format!("{ED25519}\n{ED25519}")), SshKeyError::Shape);
    assert_eq!(fault("ssh-dss AAAA"), SshKeyError::Algorithm("ssh-dss".into()));
    assert_eq!(fault("ssh-ed25519-cert-v01@openssh.com AAAA"), SshKeyError::Certificate);
    assert_eq!(fault(&ED25519.replace("ssh-ed25519 ", "ssh-rsa ")), SshKeyError::Blob("ssh-rsa"));
    assert_eq!(fault(&ED25519.replace("GKJl", "")), SshKeyError::Blob("ssh-ed25519"));
    assert_eq!(fault(&ED25519.replace("GKJl", "GKJlAAAA")), SshKeyError::Blob("ssh-ed25519"));
}

#[test]
fn weak_and_misspelt_rsa_keys_are_refused() {
    let key = |exponent: &[u8], modulus: &[u8]| {
        let mut blob = Vec::new();
        for field in [b"ssh-rsa".as_slice(), exponent, modulus] {
            blob.extend(u32::try_from(field.len()).unwrap().to_be_bytes());
            blob.extend(field);
        }
        SshKey::parse(&format!("ssh-rsa {}", STANDARD.encode(blob))).map(|_| ())
    };
    let modulus = |bytes: usize| [vec![0], vec![0xff; bytes]].concat();
    assert_eq!(key(&[1, 0, 1], &modulus(256)), Ok(()));
    assert_eq!(key(&[1, 0, 1], &modulus(128)), Err(SshKeyError::Weak(1024)));
    assert_eq!(key(&[1, 0, 1], &vec![0xff; 256]), Err(SshKeyError::Blob("ssh-rsa")));
    assert_eq!(key(&[1, 0, 1], &[vec![0, 0], vec![0x7f; 256]].concat()), Err(SshKeyError::Blob("ssh-rsa")));
    assert_eq!(key(&[], &modulus(256)), Err(SshKeyError::Blob("ssh-rsa")));
}
