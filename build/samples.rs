//! Writes what the crate's own tests compare with the schemas.

use super::code::Code;
use super::model::{Resource, Struct};

/// A function that makes a sample of each struct with all its fields set, and of each enumeration with all its values.
pub(crate) fn samples(resources: &[Resource]) -> String {
    let mut code = Code::default();
    code.open("pub(super) fn samples() -> Vec<Sample> {");
    code.line("let mut samples = Vec::new();");
    for resource in resources {
        code.line(&format!("{}_{}(&mut samples);", resource.service, resource.module));
    }
    code.line("samples");
    code.close("}");
    for resource in resources {
        let (service, module) = (&resource.service, &resource.module);
        code.gap();
        code.open(&format!("fn {service}_{module}(samples: &mut Vec<Sample>) {{"));
        sample(&mut code, resource, &resource.root, &format!("{service}::{}", resource.root.name));
        for part in &resource.structs {
            sample(&mut code, resource, part, &format!("{service}::{module}::{}", part.name));
        }
        for part in &resource.enums {
            let all = format!("{service}::{module}::{}::ALL", part.name);
            code.line(&format!(
                "samples.push(Sample::of({:?}, {:?}, &{all}));",
                resource.type_name, part.pointer
            ));
        }
        code.close("}");
    }
    code.into_text()
}

fn sample(code: &mut Code, resource: &Resource, part: &Struct, path: &str) {
    code.open(&format!("samples.push(Sample::of({:?}, {:?}, &{path} {{", resource.type_name, part.pointer));
    for (index, field) in part.fields.iter().enumerate() {
        let is_required = part.required.contains(&index);
        let value = if is_required { "Value::no_value()" } else { "Some(Value::no_value())" };
        code.line(&format!("{}: {value},", field.name));
    }
    code.close("}));");
}
