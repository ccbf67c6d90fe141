//! The life of a key with the AWS SDK for Rust. Everything is read from the environment.
use aws_sdk_kms::types::{DataKeySpec, KeySpec, KeyUsageType, SigningAlgorithmSpec};
use aws_sdk_kms::{primitives::Blob, Client, Error};
use std::time::{SystemTime, UNIX_EPOCH};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let kms = Client::new(&config);

    let key = kms.create_key().send().await?.key_metadata.unwrap();
    let created = key.key_state().unwrap().as_str().to_owned();
    for name in ["alias/life-1", "alias/life-2"] {
        kms.create_alias().alias_name(name).target_key_id(key.key_id()).send().await?;
    }
    let mut aliases = Vec::new();
    let mut pages = kms.list_aliases().limit(1).into_paginator().send();
    while let Some(page) = pages.next().await {
        aliases.extend(page?.aliases().iter().map(|alias| alias.alias_name().unwrap().to_owned()));
    }

    let plaintext = Blob::new("attack at dawn");
    let blob = kms.encrypt().key_id("alias/life-1").plaintext(plaintext.clone())
        .encryption_context("Purpose", "life").send().await?.ciphertext_blob.unwrap();
    let opened = kms.decrypt().ciphertext_blob(blob.clone())
        .encryption_context("Purpose", "life").send().await?.plaintext.unwrap();
    let wrong_context = match kms.decrypt().ciphertext_blob(blob.clone()).send().await {
        Ok(_) => "none".to_owned(),
        Err(error) => match error.into_service_error() {
            refused if refused.is_invalid_ciphertext_exception() => refused.meta().code().unwrap().to_owned(),
            other => format!("untyped {other}"),
        },
    };

    let data_key = kms.generate_data_key().key_id(key.arn().unwrap())
        .key_spec(DataKeySpec::Aes256).send().await?;
    let again = kms.decrypt().ciphertext_blob(data_key.ciphertext_blob.unwrap()).send().await?;
    let data_key = data_key.plaintext.unwrap();

    let other = kms.create_key().send().await?.key_metadata.unwrap();
    let moved = kms.re_encrypt().ciphertext_blob(blob)
        .source_encryption_context("Purpose", "life").destination_key_id(other.key_id()).send().await?;

    let signer = kms.create_key().key_spec(KeySpec::EccNistP256)
        .key_usage(KeyUsageType::SignVerify).send().await?.key_metadata.unwrap();
    let signature = kms.sign().key_id(signer.key_id()).message(plaintext.clone())
        .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256).send().await?.signature.unwrap();
    let verified = kms.verify().key_id(signer.key_id()).message(plaintext.clone()).signature(signature)
        .signing_algorithm(SigningAlgorithmSpec::EcdsaSha256).send().await?;

    kms.disable_key().key_id(key.key_id()).send().await?;
    let disabled = match kms.encrypt().key_id(key.key_id()).plaintext(plaintext).send().await {
        Ok(_) => "none".to_owned(),
        Err(error) => match error.into_service_error() {
            refused if refused.is_disabled_exception() => refused.meta().code().unwrap().to_owned(),
            other => format!("untyped {other}"),
        },
    };
    kms.enable_key().key_id(key.key_id()).send().await?;
    let date = kms.schedule_key_deletion().key_id(key.key_id()).pending_window_in_days(7)
        .send().await?.deletion_date.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let described = kms.describe_key().key_id(key.key_id()).send().await?.key_metadata.unwrap();

    println!(
        "{{\"created\": {:?}, \"aliases\": {:?}, \"decrypted\": {:?}, \"wrongContext\": {:?}, \
         \"dataKeyBytes\": {}, \"dataKeyOpens\": {}, \"reencryptedUnderTheOther\": {}, \
         \"signatureIsValid\": {}, \"disabled\": {:?}, \"deletionDays\": {}, \"atTheEnd\": {:?}}}",
        created, aliases, String::from_utf8(opened.into_inner()).unwrap(), wrong_context,
        data_key.as_ref().len(), data_key == again.plaintext.unwrap(), moved.key_id() == other.arn(),
        verified.signature_valid(), disabled, ((date.as_secs_f64() - now) / 86400.0).round(),
        described.key_state().unwrap().as_str(),
    );
    Ok(())
}
