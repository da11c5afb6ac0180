// MobileNetV2 (Sandler et al., arXiv:1801.04381), width 1.0, as in torchvision. 3,504,872 parameters.
cnn.block @conv(%x) params(filters, kernel = 1, stride = 1, groups = 1) {
  %conv = cnn.conv2d %x filters(filters) kernel(kernel) stride(stride) pad(kernel / 2) groups(groups)
  %bn = cnn.batch_norm %conv
  %relu6 = cnn.relu6 %bn
  cnn.yield %relu6
}

cnn.block @inverted_residual(%x) params(inputs, outputs, expand, stride = 1) {
  %wide = cnn.if(expand == 1) {
    cnn.yield %x
  } else {
    %expand = cnn.use @conv(%x) with(filters = expand * inputs)
    cnn.yield %expand
  }
  %depthwise = cnn.use @conv(%wide)
    with(filters = expand * inputs, kernel = 3, stride = stride, groups = expand * inputs)
  %project = cnn.conv2d %depthwise filters(outputs) kernel(1)
  %project_bn = cnn.batch_norm %project
  %result = cnn.if((stride == 1) * (inputs == outputs)) {
    %sum = cnn.add %x, %project_bn
    cnn.yield %sum
  } else {
    cnn.yield %project_bn
  }
  cnn.yield %result
}

cnn.block @stage(%x) params(inputs, outputs, depth, stride = 1, expand = 6) {
  %first = cnn.use @inverted_residual(%x)
    with(inputs = inputs, outputs = outputs, expand = expand, stride = stride)
  %rest = cnn.use @inverted_residual(%first)
    with(inputs = outputs, outputs = outputs, expand = expand) repeat(depth - 1)
  cnn.yield %rest
}

cnn.model @mobilenet_v2 {
  %image = cnn.input "image" as tensor<?x224x224x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  %stem = cnn.use @conv(%0) with(filters = 32, kernel = 3, stride = 2)
  %stage1 = cnn.use @stage(%stem) with(inputs = 32, outputs = 16, depth = 1, expand = 1)
  %stage2 = cnn.use @stage(%stage1) with(inputs = 16, outputs = 24, depth = 2, stride = 2)
  %stage3 = cnn.use @stage(%stage2) with(inputs = 24, outputs = 32, depth = 3, stride = 2)
  %stage4 = cnn.use @stage(%stage3) with(inputs = 32, outputs = 64, depth = 4, stride = 2)
  %stage5 = cnn.use @stage(%stage4) with(inputs = 64, outputs = 96, depth = 3)
  %stage6 = cnn.use @stage(%stage5) with(inputs = 96, outputs = 160, depth = 3, stride = 2)
  %stage7 = cnn.use @stage(%stage6) with(inputs = 160, outputs = 320, depth = 1)
  %head = cnn.use @conv(%stage7) with(filters = 1280)
  %mean = cnn.global_avg_pool2d %head
  %flat = cnn.flatten %mean
  %dropout = cnn.dropout %flat rate(0.2)
  %fc = cnn.dense %dropout units(1000) init(normal, std = 0.01)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}

cnn.recipe @mobilenet_v2 batch(256) epochs(150)
  optimizer(sgd, learning_rate = 0.05, momentum = 0.9, weight_decay = 4e-5, reference_batch = 256)
  schedule(cosine) augment(resized_crop = true, flip = true)
