// ResNet-152 (He et al., arXiv:1512.03385) as in torchvision: the stride is on the 3x3 convolution.
// 60,192,808 parameters.
cnn.block @conv(%x) params(filters, kernel, stride = 1) {
  %conv = cnn.conv2d %x filters(filters) kernel(kernel) stride(stride) pad(kernel / 2)
  %bn = cnn.batch_norm %conv
  %relu = cnn.relu %bn
  cnn.yield %relu
}

cnn.block @bottleneck(%x) params(width, stride = 1, project = 0) {
  %reduce = cnn.use @conv(%x) with(filters = width, kernel = 1)
  %spatial = cnn.use @conv(%reduce) with(filters = width, kernel = 3, stride = stride)
  %expand = cnn.conv2d %spatial filters(4 * width) kernel(1)
  %expand_bn = cnn.batch_norm %expand gamma(0.0)
  %shortcut = cnn.if(project) {
    %project = cnn.conv2d %x filters(4 * width) kernel(1) stride(stride)
    %project_bn = cnn.batch_norm %project
    cnn.yield %project_bn
  } else {
    cnn.yield %x
  }
  %sum = cnn.add %expand_bn, %shortcut
  %relu = cnn.relu %sum
  cnn.yield %relu
}

cnn.block @layer(%x) params(width, depth, stride = 2) {
  %first = cnn.use @bottleneck(%x) with(width = width, stride = stride, project = 1)
  %rest = cnn.use @bottleneck(%first) with(width = width) repeat(depth - 1)
  cnn.yield %rest
}

cnn.model @resnet152 {
  %image = cnn.input "image" as tensor<?x224x224x3xui8>
  %label = cnn.input "label" as tensor<?xi32>
  %0 = cnn.normalize %image mean(0.485, 0.456, 0.406) std(0.229, 0.224, 0.225)
  %stem = cnn.use @conv(%0) with(filters = 64, kernel = 7, stride = 2)
  %pool = cnn.max_pool2d %stem kernel(3) stride(2) pad(1)
  %layer1 = cnn.use @layer(%pool) with(width = 64, depth = 3, stride = 1)
  %layer2 = cnn.use @layer(%layer1) with(width = 128, depth = 8)
  %layer3 = cnn.use @layer(%layer2) with(width = 256, depth = 36)
  %layer4 = cnn.use @layer(%layer3) with(width = 512, depth = 3)
  %mean = cnn.global_avg_pool2d %layer4
  %flat = cnn.flatten %mean
  %fc = cnn.dense %flat units(1000)
  %logits = cnn.bias %fc
  %loss = cnn.softmax_cross_entropy %logits, %label smoothing(0.1)
  %top1 = cnn.accuracy %logits, %label
  cnn.loss %loss metrics(top1 = %top1)
}

cnn.recipe @resnet152 batch(256) epochs(90)
  optimizer(sgd, learning_rate = 0.1, momentum = 0.9, weight_decay = 1e-4, reference_batch = 256)
  schedule(cosine, warmup_epochs = 5) augment(resized_crop = true, flip = true)
